"""Pictures: announced, uploaded, completed, shown."""

import httpx
import pytest
from tests.slack.conftest import CHANNEL, refusal

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def put(url: str, content: bytes) -> tuple[int, str]:
    answer = httpx.post(url, content=content)
    return answer.status_code, answer.text


def shown(id: str) -> list[dict]:
    return [{"type": "image", "alt_text": "Konten nach Stand", "slack_file": {"id": id}}]


@pytest.fixture
def announced(client):
    answer = client.files_getUploadURLExternal(filename="digest.png", length=len(PNG), alt_txt="Konten")
    return answer["upload_url"], answer["file_id"]


class TestAnUpload:
    def test_takes_three_steps(self, client, announced) -> None:
        url, id = announced
        assert put(url, PNG) == (200, f"OK - {len(PNG)}")
        (file,) = client.files_completeUploadExternal(files=[{"id": id, "title": "Stand"}])["files"]
        assert (file["id"], file["title"]) == (id, "Stand")
        assert client.files_info(file=id)["file"]["mimetype"] == "image/png"

    def test_has_the_announced_length(self, announced) -> None:
        assert put(announced[0], PNG + b"more")[0] == 400

    def test_goes_to_its_own_address_once(self, announced, slack) -> None:
        put(announced[0], PNG)
        assert put(announced[0], PNG)[0] == 404
        assert put(f"http://127.0.0.1:{slack.port}/upload/v1/guessed", PNG)[0] == 404

    def test_is_not_empty(self, client) -> None:
        answer = refusal(client.files_getUploadURLExternal, filename="a.png", length=0)
        assert answer["error"] == "invalid_arguments"

    def test_has_a_text_of_1_000_characters_at_most(self, client) -> None:
        client.files_getUploadURLExternal(filename="a.png", length=1, alt_txt="x" * 1_000)
        answer = refusal(client.files_getUploadURLExternal, filename="a.png", length=1, alt_txt="x" * 1_001)
        assert answer["error"] == "alt_txt_too_large"

    def test_cannot_be_completed_without_its_bytes(self, client, announced) -> None:
        answer = refusal(client.files_completeUploadExternal, files=[{"id": announced[1]}])
        assert answer["error"] == "file_not_found"

    def test_goes_through_slack_sdk_in_one_call(self, client, slack) -> None:
        file = client.files_upload_v2(filename="a.png", content=PNG, title="Stand", alt_txt="Konten")["file"]
        assert slack.files[file["id"]]["content"] == PNG
        assert slack.messages == []

    def test_into_a_channel_is_a_message_there(self, client, slack) -> None:
        root = client.chat_postMessage(channel=CHANNEL, text="root")["ts"]
        sent = {"filename": "a.png", "content": PNG, "initial_comment": "Stand"}
        client.files_upload_v2(channel=CHANNEL, thread_ts=root, **sent)
        message = slack.messages[1]
        assert (message["text"], message["thread_ts"]) == ("Stand", root)
        assert message["files"][0]["name"] == "a.png"

    @pytest.mark.parametrize(
        ("state", "error"),
        [({"is_member": False}, "not_in_channel"), ({"exists": False}, "channel_not_found")],
    )
    def test_into_a_closed_channel_is_refused(
        self, client, slack, announced, state: dict, error: str
    ) -> None:
        slack.set_channel(CHANNEL, **state)
        put(announced[0], PNG)
        answer = refusal(
            client.files_completeUploadExternal, files=[{"id": announced[1]}], channel_id=CHANNEL
        )
        assert answer["error"] == error


class TestAPictureInAMessage:
    def test_is_one_that_was_completed(self, client, announced) -> None:
        url, id = announced
        put(url, PNG)
        answer = refusal(client.chat_postMessage, channel=CHANNEL, text="t", blocks=shown(id))
        assert answer["errors"] == ["invalid slack file [json-pointer:/blocks/0/slack_file]"]
        client.files_completeUploadExternal(files=[{"id": id}])
        client.chat_postMessage(channel=CHANNEL, text="t", blocks=shown(id))

    def test_may_be_named_by_its_link(self, client) -> None:
        file = client.files_upload_v2(filename="a.png", content=PNG)["file"]
        blocks = [{"type": "image", "alt_text": "a", "slack_file": {"url": file["permalink"]}}]
        client.chat_postMessage(channel=CHANNEL, text="t", blocks=blocks)

    def test_is_a_picture(self, client) -> None:
        file = client.files_upload_v2(filename="a.txt", content=b"words")["file"]
        answer = refusal(client.chat_postMessage, channel=CHANNEL, text="t", blocks=shown(file["id"]))
        assert answer["error"] == "invalid_blocks"

    def test_is_not_shown_while_slack_works_on_it(self, client, slack) -> None:
        slack.file_seconds = 60
        id = client.files_upload_v2(filename="a.png", content=PNG)["file"]["id"]
        assert client.files_info(file=id)["file"]["mimetype"] == ""
        answer = refusal(client.chat_postMessage, channel=CHANNEL, text="t", blocks=shown(id))
        assert answer["errors"] == ["invalid slack file [json-pointer:/blocks/0/slack_file]"]
