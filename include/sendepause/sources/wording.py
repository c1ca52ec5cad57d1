"""What WhatsApp itself writes into a chat export, in the languages that it speaks.

Omitted and attached media, edit marks, deletion notices, notices of the app. Source: the exports of
the phone apps. Android's marker for media is one for all kinds, in angle brackets; the iPhone's names the
kind and follows a U+200E. Texts are compared after ``key``.
"""

# ruff: noqa: E501 (word lists: some scripts are wide)

from __future__ import annotations

import re
import unicodedata

from sendepause.sources.text import MARKS, SPACES

JOINERS = "[\u200b-\u200d\u2060\u00ad]"


def key(text: str) -> str:
    """A marker to compare by: NFKC in lower case, without joiners, angle brackets and a final full stop.

    ``content`` does the same to columns.
    """
    normal = re.sub(JOINERS, "", unicodedata.normalize("NFKC", text)).lower()
    return " ".join(normal.split()).strip("<> ").rstrip(".。।").strip()


_OMITTED_ANDROID = """
Utelatt media|ไม่รวมสื่อ|Einmal-Sprachnachricht weggelassen|Einmalige Sprachnachricht ausgeschlossen
Sprachnachricht zum einmaligen Anhören ausgeschlossen|Sprachnachricht zum einmaligen Anhören weggelassen
Media omitted|Video note omitted|Video message omitted|View once voice message omitted
Media weggelaat|تم استبعاد الوسائط|تم استبعاد رسالة الفيديو|media buraxıldı|Media çıxarılmışdır
Без файл|Без файлове|মিডিয়া বাদ দেওয়া হয়েছে|fitxers multimèdia omesos|Mitjans omesos
média vynechány|Média vynechána|medier udeladt|Mediefil udeladt|Medien ausgeschlossen
Medien weggelassen|Medien ausgelassen|Videonachricht weggelassen|Videonotiz ausgelassen
αρχείο παραλήφθηκε|Εξαίρεση πολυμέσων|Multimedia omitido|Archivo omitido|Archivos omitidos
Medios omitidos|Nota de video omitida|Nota de vídeo omitida|meedia välja jäetud|Meedia ära jäetud
رسانه حذف شد|پيوست نما/آهنگ حذف شد|media jätettiin pois|Media jätetty pois|Médias omis|Fichier omis
Média omis|Note vidéo omise|મિડિયા છોડી મૂકાયું|મીડિયા અવગણવામાં આવ્યા|મીડિયા અવગણાયું
मीडिया के बिना|मीडिया छोड़ा गया|medijski zapis izostavljen|Medijski zapisi izostavljeni
média elhagyva|Hiányzó médiafájl|media tidak disertakan|Media omessi|Media omesso|Media esclusi
Messaggio video omesso|המדיה לא נכללה|מדיה הושמטה|המדיה הוסרה|メディアなし|メディアは含まれていません|メディアを除く
файлдар қосылмаған|Файл қосылған жоқ|ಮಾಧ್ಯಮ ಕೈಬಿಡಲಾಗಿದೆ|ಮೀಡಿಯಾ ಕೈಬಿಡಲಾಗಿದೆ|미디어 파일 제외됨
미디어 파일을 생략한 대화내용|미디어 생략|미디어 생략됨|ບໍ່ລວມມີເດຍ|medija praleista|Praleistas medijos turinys
nav iekļauta multivide|Bez multivides|без фајлови|Без фајл|മീഡിയ ഒഴിവാക്കി|मीडिया वगळण्यात आला
मीडिया वगळले|media dikecualikan|Media disingkirkan|media utelatt|Uten vedlegg|Media weggelaten
Videobericht weggelaten|ਮੀਡੀਆ ਛੱਡਿਆ|ਮੀਡੀਆ ਛਡਿਆ ਗਿਆ|ਮੀਡੀਆ ਛੱਡਿਆ ਗਿਆ|pominięto multimedia
pliki pominięto|pominięto plik multimedialny|ficheiro não revelado|Ficheiros não revelados
Mídia omitida|Mídia oculta|Arquivo de mídia oculto|Mensagem de vídeo omitida|Media omis
conținut media omis|Media omise|без медиафайлов|Файл пропущен|Медиа пропущены|Медиафайл пропущен
Médiá vynechané|médiá vynechané|Pa media|datoteke izpuščene|Medij izpuščen|media u hoq|Media hequr
медији су изостављени|mediji su izostavljeni|media utelämnat|Media har utelämnats|Media utelämnade
media hazijajumuishwa|Media imerukwa|கோப்புகள் விடப்பட்டன|ஊடகங்கள் நீக்கப்பட்டது
మీడియా విస్మరించబడింది|మాధ్యమం విస్మరించబడింది|ไฟล์สื่อถูกลบ|สื่อถูกลบ|ไม่มีสื่อ|ınalis ang media
Inalis ang media|Walang kalakip na media|Medya dahil edilmedi|Medya atlanmış
Görüntülü mesaj dahil edilmedi|медіа пропущено|Медіафайли пропущено|میڈیا چھوڑ دیا گیا
میڈیا ہٹا دیا گیا|fayl o‘tkazib yuborildi|fayl o'tkazib yuborildi|bỏ qua tệp phương tiện
Bỏ qua Media|đã bỏ qua phương tiện|忽略多媒體檔|省略多媒体文件|省略多媒體檔案|媒体省略|已省略媒體|媒體已略去|忽略多媒體檔案|多媒體檔案省略
"""
_OMITTED_IPHONE = """
Fiche contact omise|vidéo omise|стикер отсутствует|ljud utelämnat|GIF utelämnad|sticker utelämnad|kuva jätetty pois
video jätetty pois|ääni jätetty pois|תמונה הושמטה|סרטון הושמט|תם הושמט|سمعي محذوف|تم استبعاد الصورة|تم استبعاد الفيديو
تم استبعاد الملصق|图片已忽略|图像已忽略|贴图已忽略|动图已忽略|文档已忽略|이미지 누락됨|사진 누락됨|동영상 누락됨|오디오 누락됨|스티커 누락됨|문서 누락됨
hình ảnh bị bỏ qua|video bị bỏ qua|âm thanh bị bỏ qua|nhãn dán bị bỏ qua|pesan suara tidak disertakan|foto tidak disertakan
ไม่รวมรูปภาพ|ไม่รวมวิดีโอ|ไม่รวมเสียง|ไม่รวมสติกเกอร์|Sprachnachricht weggelassen|mensaje de voz omitido|nota de vídeo omitida
message vocal omis|messaggio vocale omesso|mensagem de voz ocultada|spraakbericht weggelaten
image omitted|video omitted|audio omitted|sticker omitted|GIF omitted|Contact card omitted
document omitted|video note omitted|video message omitted|voice message omitted|photo omitted
media omitted|Bild weggelassen|Video weggelassen|Audio weggelassen|Sticker weggelassen
GIF weggelassen|Kontaktkarte ausgelassen|Kontaktkarte weggelassen|Dokument weggelassen
Dokument ausgelassen|Videonachricht weggelassen|imagen omitida|video omitido|audio omitido
sticker omitido|GIF omitido|Tarjeta de contacto omitida|documento omitido|image absente|image omise
vidéo absente|audio omis|sticker omis|GIF retiré|Fiche contact manquante|document manquant
immagine omessa|video omesso|audio omesso|sticker omesso|sticker non incluso|GIF esclusa|GIF omessa
Scheda contatto omessa|documento omesso|imagem ocultada|imagem omitida|imagem oculta|vídeo omitido
vídeo ocultado|áudio ocultado|áudio omitido|figurinha omitida|figurinha ocultada|GIF ocultado
Cartão do contato omitido|documento ocultado|imagem não revelada|vídeo não revelado
ficheiro de áudio não revelado|sticker não revelado|GIF não revelada|Contacto não revelado
documento não revelado|afbeelding weggelaten|video weggelaten|audio weggelaten|sticker weggelaten
GIF weggelaten|Visitekaartje weggelaten|contactkaart weggelaten|document weggelaten|התמונה הושמטה
סרטון הווידאו הושמט|קטע קול הושמט|סטיקר הושמט|GIF הושמט|כרטיס איש קשר הושמט|מסמך הושמט
изображение отсутствует|изображение пропущено|видео отсутствует|аудиофайл отсутствует
стикер не добавлен|GIF отсутствует|Карточка контакта отсутствует|документ отсутствует
документ пропущен|видео пропущено|εικόνα παραλείφθηκε|βίντεο παραλείφθηκε|ήχος παραλείφθηκε
αυτοκόλλητο παραλήφθηκε|Παράληψη GIF|Η κάρτα επαφής παραλήφθηκε|έγγραφο παραλείφθηκε
зображення відсутнє|відео відсутнє|аудіо відсутнє|Наклейку не додано|GIF-анімацію пропущено
Картка контакту відсутня|документ пропущено|لم يتم إدراج الصورة|لم يتم إدراج الفيديوهات
لم يتم إدراج المقاطع الصوتية|تم حذف الملصقات|لم يتم إدراج صورة GIF|لم يتم إدراج بطاقة جهة اتصال
لم يتم إدراج المستند|ইমেজ বাদ দেওয়া হয়েছে|ভিডিও বাদ দেওয়া হয়েছে|অডিও বাদ দেওয়া হয়েছে
স্টিকার বাদ দেওয়া হয়েছে|জিআইএফ বাদ দেওয়া হয়েছে|পরিচিতির কার্ড বাদ দেওয়া হয়েছে
ডকুমেন্ট বাদ দেওয়া হয়েছে|圖片已略去|圖像已省略|照片已忽略|图片已省略|圖片已省略|影片已略去|影片已省略|视频已忽略|视频已省略|音訊已略去|音訊已省略|音频已忽略
音频已省略|貼圖已略去|貼圖已忽略|贴图已省略|貼圖已省略|GIF 已略去|GIF 圖片已被省略|GIF 动态图已被忽略|GIF 已省略|聯絡人卡片已略去|聯絡人卡片已省略|联系人卡片已忽略
联系人卡片已省略|文件已略去|文件已忽略|文档已省略|文件已省略|đã bỏ qua hình ảnh|đã bỏ video|bỏ qua tệp âm thanh|đã bỏ sticker
Đã bỏ qua ảnh GIF|Bỏ qua thẻ liên lạc|đã bỏ qua tài liệu|تصویر نکال دی گئی ہے|ویڈیو نظرانداز
آڈیو نظرانداز|اسٹیکر نظرانداز|GIF نظرانداز|رابطہ کارڈ نظر انداز|دستاویز نظرانداز
görüntü dahil edilmedi|video dahil edilmedi|ses dahil edilmedi|Çıkartma dahil edilmedi
GIF dahil edilmedi|Kişi kartı dahil edilmedi|belge dahil edilmedi|ไม่มีรูปภาพ|วิดีโอถูกลบ
ไม่มีไฟล์เสียง|ไม่มีสติกเกอร์|ละเว้น GIF|บัตรรายชื่อที่ละเว้น|ละเว้นเอกสาร|bild utesluten
video utesluten|ljud utelslutet|ljud uteslutet|sticker utesluten|GIF utesluten|Kontaktkort uteslutet
dokument uteslutet|bild utelämnad|video utelämnad|obrázok vynechaný|video vynechané|zvuk vynechaný
nálepka vynechaná|GIF vynechaný|Karta kontaktu vynechaná|dokument vynechaný|obraz pominięty
wideo pominięte|audio pominięte|pominięto naklejkę|Plik GIF pominięty|Pominięta wizytówka kontaktu
dokument pominięty|pominięto obraz|pominięto wideo|Imagine omisă|clip video omis|fără audio|GIF omis
Carte de vizită contact omisă|document omis|bilde ikke inkludert|bilde utelatt|video utelatt
lyd utelatt|klistremerke utelatt|GIF utelatt|Kontaktkort sløyfet|utelatt dokument|dokument utelatt
imej tidak dimasukkan|video tidak dimasukkan|audio tidak dimasukkan|pelekat tidak dimasukkan
pelekat tidak disertakan|GIF tidak dimasukkan|Kad kenalan tidak dimasukkan|dokumen tidak dimasukkan
इमेज वगळली|व्हिडीओ वगळला|ऑडिओ वगळला|स्टिकर वगळले|GIF वगळले|संपर्क कार्ड वगळले|डॉक्युमेंट वगळले
이미지 생략됨|사진 생략됨|비디오 생략됨|동영상 생략됨|오디오 생략됨|스티커 제외됨|GIF 생략됨|연락처 카드 생략됨|문서 생략됨|画像は含まれていません|ビデオは含まれていません
動画は含まれていません|音声は含まれていません|スタンプは含まれていません|GIFは含まれていません|連絡先カードを省略|ドキュメントは含まれていません|kép küldése sikertelen
kép kihagyva|Videó kihagyva|Hang kihagyása|hanganyag kihagyva|matrica kihagyva|GIF fájl kihagyása
Névjegykártya kihagyva|dokumentum kihagyva|gambar tidak disertakan|video tidak disertakan
audio tidak disertakan|stiker tidak disertakan|GIF tidak disertakan|Kartu kontak tidak disertakan
dokumen tidak disertakan|slika izostavljena|video izostavljen|zvuk izostavljen
naljepnica izostavljena|GIF izostavljen|Posjetnica izostavljena|dokument izostavljen|फ़ोटो हटाई गई
वीडियो छोड़ा गया|ऑडियो हटाई गयी|स्टिकर छोड़ा गया|GIF छोड़ा गया|कॉन्टैक्ट कार्ड छोड़ा गया
डॉक्यूमेंट छोड़ा गया|છબી પડતી મૂકાઈ|વિડિયો પડતી મુકાઈ|ઓડિયો ફાઇલ શામેલ કરી નથી|સ્ટીકર પડતું મુકાયું
GIF પડતી મૂકાઈ|સંપર્કનું કાર્ડ પડતું મૂકાયું|ડોક્યુમેન્ટ સામેલ કર્યું નહિ|íomhá ligthe ar lár
físeán ligthe ar lár|comhad fuaime ar lár|fágadh an greamán ar lár|GIF ligthe ar lár
Cárta teagmhála ar lár|cáipéis ligthe ar lár|ei kuvaa|kuva jätettiin pois|videota ei sisällytetä
video jätettiin pois|äänitiedostoa ei sisällytetä|ääni jätettiin pois|tarraa ei sisällytetty
tarra jätettiin pois|GIF-animaatio jätetty pois|Yhteystietokortti jätettiin pois
dokumenttia ei sisällytetä|asiakirja jätettiin pois|تصویر حذف شد|ویدیو حذف شد|صدا حذف شد
استیکر حذف شد|GIF حذف شد|برگ مخاطب حذف شد|سند حذف شد|billede udeladt|video udeladt|lyd udeladt
klistermærke udeladt|GIF udeladt|Kontaktkort udeladt|dokument udeladt|obrázek vynechán
video vynecháno|zvukový soubor vynechán|nálepka vynechána|GIF vynechán|Vizitka vynechána
dokument vynechán|Imatge omesa|vídeo omès|Àudio omès|adhesiu omès|GIF omès|Targeta de contacte omesa
Document omès
"""
_FILE_ATTACHED = """
file attached|fișier atașat|ఫైల్ జోడించబడినది|файл добавлен|файл прикреплён|файл прикреплен
nakalakip na file|附件檔案|附件|文件附件|檔案附件|file allegato|arxiu adjunt|fitxer adjunt|soubor byl přiložen
file terlampir|添付ファイル有り|ファイル添付|添付ファイル|συνημμένο αρχείο|pievienots fails|fil vedhæftet|फाइल संलग्न
қосымша файл|ફાઇલ જોડાયેલ|קובץ מצורף|הקובץ צורף|fail dilampirkan|arquivo anexado
फाइल अटैच कर दी गई है|फ़ाइल अटैच की गई|fayl biriktirildi|załączony plik|plik załączony|tệp đính kèm
tập tin đính kèm|skedë e ngjitur|bifogad fil|priložena datoteka|súbor pripojený|پیوستہ فائل
faili limeambatanishwa|dosya ekli|dosya eklendi|கோப்பு இணைக்கப்பட்டது|இணைக்கப்பட்டது|ไฟล์ที่แนบ
แนบไฟล์แล้ว|پیوست شد|فایل پیوست شد|byla prisegta|vedlagt fil|liitetiedosto|tiedosto liitetty
fichier joint|archivo adjuntado|archivo adjunto|fail lisatud|datoteka u privitku|fájl csatolva
bestand bijgevoegd|прикачен файл|ফাইল সংযুক্ত হয়েছে|lêer aangeheg|Datei angehängt|fayl əlavə olunub
파일 첨부됨|파일 첨부|ഫയൽ ചേർത്തു|прикачен фајл|ಕಡತ ಸೇರಿಸಲಾಯಿತು|الملف مرفق|ملف مرفق|ficheiro anexado
файл додано|прикачена датотека|ਅਟੈਚ ਕੀਤੀ ਫਾਇਲ
"""
_ATTACHED_WORDS = """
attached|angehängt|Anhang|adjunto|archivo adjunto|pièce jointe|fichier joint|allegato|anexado|anexo
bijgevoegd|المُرفق|المرفق|مرفق|прикреплено|вложение|پیوستہ|پیوستہ,|επισυνάφθηκε|додано|вкладено|附件
已附加|附加|đính kèm|bifogat|bifogad|příloha|príloha|załączono|załącznik|atașare|atașat|vedlagt|vedhæftet
dilampir|dilampirkan|terlampir|संलग्न केले|첨부됨|첨부|添付ファイル|添付|csatolva|csatolt|priloženo|u privitku
अटैच किया गया|જોડાયેલ|ceangailte|liite|liitetty|پیوست|adjunt|แนบ|מצורף|צורף|সংযুক্ত
সংযুক্ত করা হয়েছে|eklendi
"""
_DELETED = """
Usunąłeś tę wiadomość|Usunęłaś tę wiadomość|삭제된 메시지입니다|ההודעה נמחקה|Ez az üzenet törölve lett|यह मैसेज डिलीट कर दिया गया
Ви видалили повідомлення|Повідомлення видалено|Сообщение удалено|Вы удалили сообщение|Αυτό το μήνυμα διαγράφτηκε
Bericht verwijderd|U heeft dit bericht verwijderd|Eliminó este mensaje|Essa mensagem foi apagada|Você apagou essa mensagem
This message was deleted|You deleted this message|Message deleted|You deleted this message as admin
Diese Nachricht wurde gelöscht|Du hast diese Nachricht gelöscht|Sie haben diese Nachricht gelöscht
Du hast diese Nachricht als Admin gelöscht|Se eliminó este mensaje|Este mensaje fue eliminado
Eliminaste este mensaje|Ce message a été supprimé|Vous avez supprimé ce message
Questo messaggio è stato eliminato|Hai eliminato questo messaggio|Esta mensagem foi apagada
Mensagem apagada|Você apagou esta mensagem|Apagou esta mensagem|Essa mensagem foi apagada
Esta mensagem foi apagada pelo remetente|Dit bericht is verwijderd|U hebt dit bericht verwijderd
Je hebt dit bericht verwijderd|Данное сообщение удалено|Это сообщение удалено
Вы удалили это сообщение|Вы удалили данное сообщение|Це повідомлення було видалено
Ви видалили це повідомлення|تم حذف هذه الرسالة|لقد حذَفت هذه الرسالة|لقد حذفت هذه الرسالة
أنت حذفت هذه الرسالة|הודעה זו נמחקה|מחקת את ההודעה הזו|מחקת הודעה זו|Bu mesaj silindi
Bu mesajı sildiniz|Ta wiadomość została usunięta|Usunąłeś(-ęłaś) tę wiadomość
Usunąłeś(aś) tę wiadomość|Usunięto tę wiadomość|Detta meddelande raderades
Det här meddelandet raderades|Du raderade detta meddelande|Du raderade det här meddelandet
Du har tagit bort meddelandet|Denne besked blev slettet|Denne besked er blevet slettet
Du slettede denne besked|Du har slettet denne besked|Denne meldingen ble slettet
Du slettet denne meldingen|Tämä viesti poistettiin|Poistit tämän viestin|Tato zpráva byla odstraněna
Tato zpráva byla smazána|Tuto zprávu jste odstranil/a|Tuto zprávu jste smazal/a
Táto správa bola odstránená|Túto správu ste odstránili|Ez az üzenet törlésre került
Törölted ezt az üzenetet|Ezt az üzenetet törölted|Acest mesaj a fost șters|Ați șters acest mesaj
Ova poruka je izbrisana|Ova je poruka izbrisana|Izbrisali ste ovu poruku
To sporočilo je bilo izbrisano|To sporočilo ste izbrisali|Ова порука је обрисана
Съобщението беше изтрито|Изтрихте това съобщение|Αυτό το μήνυμα διαγράφηκε|Διαγράψατε αυτό το μήνυμα
Διαγράψατε το μήνυμα|Pesan ini telah dihapus|Pesan ini dihapus|Anda telah menghapus pesan ini
Anda menghapus pesan ini|Mesej ini telah dipadam|Anda telah memadamkan mesej ini|このメッセージは削除されました
このメッセージを削除しました|이 메시지는 삭제되었습니다|삭제한 메시지입니다|이 메시지를 삭제했습니다|此訊息已刪除|此消息已删除|这条消息已被删除|您已刪除此訊息|您已删除这条消息
您删除了此消息|信息已删除|您删除这个信息|Tin nhắn này đã bị xóa|Tin nhắn này đã bị xoá|Bạn đã xóa tin nhắn này
Bạn đã xoá tin nhắn này|ข้อความนี้ถูกลบแล้ว|ข้อความนี้ได้ถูกลบ|คุณลบข้อความนี้|คุณได้ลบข้อความนี้
این پیام حذف شد|این پیام حذف شده است|شما این پیام را حذف کردید|یہ میسج حذف کر دیا گیا ہے
آپ نے یہ میسج حذف کر دیا ہے|यह मैसेज डिलीट कर दिया गया है|आपने यह मैसेज डिलीट किया
यह संदेश मिटाया गया|आपने यह संदेश मिटाया|हा मेसेज हटवण्यात आला|तुम्ही हा मेसेज हटवला
এই মেসেজটি বাদ দেওয়া হয়েছে|আপনি এই মেসেজটি বাদ দিয়েছেন|আপনি এই বার্তাটি মুছে ফেলেছেন
এই বার্তাটি মুছে ফেলা হয়েছে|આ મેસેજ ડિલીટ કરાયો|તમે આ મેસેજ ડિલીટ કર્યો
Aquest missatge s'ha suprimit|Aquest missatge està esborrat|Has suprimit aquest missatge
Has esborrat aquest missatge|Ši žinutė buvo ištrinta|Šī ziņa tika izdzēsta|Jūs izdzēsāt šo ziņu
Jūs ištrynėte šią žinutę|See sõnum on kustutatud|Kustutasid selle sõnumi
Hierdie boodskap was uitgevee|Bu ismarıc silindi|Ujumbe huu ulifutwa|Umefuta ujumbe huu
Itong mensahe ay binura na
"""
_DELETED_BY_OWNER = """
Usunąłeś tę wiadomość|Usunęłaś tę wiadomość|Usunąłeś(-ęłaś) tę wiadomość|Usunąłeś(aś) tę wiadomość|Ви видалили повідомлення
Вы удалили сообщение|U heeft dit bericht verwijderd|Você apagou essa mensagem|Du hast diese Nachricht als Admin gelöscht
您删除了此消息|Bạn đã xóa tin nhắn này|Bạn đã xoá tin nhắn này|لقد حذفت هذه الرسالة|أنت حذفت هذه الرسالة|מחקת את ההודעה הזו
מחקת הודעה זו|شما این پیام را حذف کردید|आपने यह मैसेज डिलीट किया|คุณลบข้อความนี้|คุณได้ลบข้อความนี้|Törölted ezt az üzenetet
Ezt az üzenetet törölted|Ați șters acest mesaj|Izbrisali ste ovu poruku|Has suprimit aquest missatge|Kustutasid selle sõnumi
You deleted this message|You deleted this message as admin|Du hast diese Nachricht gelöscht
Sie haben diese Nachricht gelöscht|Du hast diese Nachricht als Admin gelöscht
Eliminaste este mensaje|Vous avez supprimé ce message|Hai eliminato questo messaggio
Você apagou esta mensagem|Apagou esta mensagem|U hebt dit bericht verwijderd
Je hebt dit bericht verwijderd|Вы удалили это сообщение|Вы удалили данное сообщение
Ви видалили це повідомлення|Bu mesajı sildiniz|Poistit tämän viestin|Du slettede denne besked
Du slettet denne meldingen|Du raderade detta meddelande|Du raderade det här meddelandet
Anda telah menghapus pesan ini|Anda menghapus pesan ini|您已刪除此訊息|您已删除这条消息|このメッセージを削除しました
이 메시지를 삭제했습니다|Διαγράψατε αυτό το μήνυμα
"""


def _keys(*lists: str) -> frozenset[str]:
    return frozenset(
        key(phrase) for text in lists for line in text.splitlines() for phrase in line.split("|") if phrase
    )


def _either(text: str) -> str:
    phrases = {phrase for line in text.splitlines() for phrase in line.split("|") if phrase}
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))


OMITTED = _keys(_OMITTED_ANDROID, _OMITTED_IPHONE)
"""Keys of the markers of media that was left out."""
FILE_ATTACHED = _keys(_FILE_ATTACHED)
DELETED = _keys(_DELETED)
DELETED_BY_OWNER = _keys(_DELETED_BY_OWNER)
"""Deletion notices that only the account's owner gets for an own message."""

DELETED_BY_ADMIN = (
    "^(?:this message was deleted by|diese nachricht wurde vo[nm] .* gelöscht$|ce message a été supprimé par|"
    "questo messaggio è stato eliminato da|(?:esta|essa) mensagem foi apagada pel|dit bericht is verwijderd door|"
    "(?:el )?admin.* eliminó este mensaje|este mensaje fue eliminado por|se eliminó este mensaje por|"
    "сообщение удалено админ|данное сообщение удалено админ|bu mesaj .* tarafından silindi)"
)
"""Folded beginnings of the notice for a message that a group's admin deleted; its author still sent it."""

BEGINNINGS = (
    rf"(?i)^[\s{SPACES}]*(?:"
    + "|".join(
        re.escape(phrase).replace(r"\ ", r"\s+") for phrase in sorted(OMITTED | DELETED | DELETED_BY_OWNER)
    )
    + rf")|{DELETED_BY_ADMIN}"
)
"""How markers and deletion notices begin: cheap to look for, decided by their ``key``."""

_MEDIA_STEM = (
    "media|medya|medij|medii|multim|médi|mèdi|mídi|víde|vidé|video |audio |áudio |меди|медіа|медиј|"
    "وسائط|رسان|میڈیا|מדיה|メディア|미디어|媒|मीडिया|মিডিয়া|మీడియా|ಮೀಡಿಯಾ|മീഡിയ|મીડિયા|ਮੀਡੀਆ|สื่อ|πολυμέσ"
)
_OMITTED_STEM = (
    "omitted|omitid|omitit|omes[oaà]?|omess[oaie]|omis(?:e|ă)?|ocultad|weggelassen|ausgelassen|weggelaten|пропущен|отсутствует|"
    "відсутн|dahil edilmedi|pomini[ęe]t|utelämna[dt]|uteslut[ie]|udeladt|utelatt|jätet(?:ty|tiin) pois|vynech[aá]n|izostavlj|"
    "изостављ|kihagyva|παραλείφθηκε|הושמט|لم يتم إدراج|نظرانداز|忽略|省略|略去|含まれていません|누락됨|생략됨|제외됨|bỏ qua|tidak "
    "disertakan|tidak dimasukkan|छोड़ा गया|वगळ|বাদ দেওয়া"
)
OMITTED_AFTER_MARK = (
    rf"(?i)^[{MARKS}]+(?:<[^<>\n:]{{4,60}}>|(?:[^\s<>:.?!]+[{SPACES}]){{0,2}}[^\s<>:.?!]{{0,20}}(?:{_OMITTED_STEM})[^\s<>:.?!]{{0,4}})"
    rf"[{MARKS}{SPACES}]*$"
)
"""A line that is nothing but a mark and a phrase in angle brackets, or in three words of which the last says
"omitted": in languages that the lists lack."""
OMITTED_IN_BRACKETS = rf"(?i)^<[^<>\n:.@#=0-9]{{0,40}}(?:{_MEDIA_STEM})[^<>\n:.@#=0-9]{{1,40}}>$"
"""A line that is nothing but a phrase about media in angle brackets: Android in any language."""

_M = f"[{MARKS}]"
ATTACHED = (
    rf"(?i){_M}*<{_M}*(?:(?:{_either(_ATTACHED_WORDS)}){_M}*\s?[:：]{_M}*\s*[^<>\n]+"
    rf"|[^<>\n:]{{2,30}}\s?[:：]\s*\d{{5,8}}-[^<>\n]+"
    rf"|[^<>\n:]+\.\w{{1,5}} (?:{_either(_ATTACHED_WORDS)}))>"
    rf"|{_M}<[^<>\n:]{{2,30}}\s?[:：]\s*[^<>\n]+\.\w{{1,5}}>"
)
"""The iPhone's attached file, marker and name together; unknown words where a mark or the name shows it."""
ATTACHED_ON_ANDROID = rf"(?i)^.+ \((?:{_either(_FILE_ATTACHED)})\.?\)$"
ATTACHED_BY_NAME = r"(?i)^(?:IMG|VID|PTT|AUD|STK|DOC|PTV)-\d{8}-WA\d{3,}\.\w{2,5} \([^()\n]{3,40}\)$"
"""Android's names of attached files: sure in any language."""
DOCUMENT_OMITTED = rf"(?i)^(.+\.\w{{1,5}}(?: • .{{1,20}})?) (?:{_either(_OMITTED_IPHONE)})$"

_EDIT_STEM = (
    "edit|edita|bearbeitet|modifi|bewerkt|измен|отредакт|редаг|змінен|נערכ|düzenle|edytow|عدّل|تعديل|ویرایش|redig|"
    "muokat|uprav|szerkeszt|módosít|τροποποι|επεξεργ|एडिट|संपादित|編集|수정|편집|编辑|編輯|chỉnh sửa|แก้ไข|uređen|"
    "izmijen|izmen|уређ|измењ|redaguot|rediģ|muudet|redigeret|endret|ترمیم|সম্পাদ|এডিট|diedit|disunting|hariri|urejen"
)
EDITED = (
    rf"(?i)[{MARKS}{SPACES}\n]*(?:<{_M}*[^<>\n:]{{0,60}}(?:{_EDIT_STEM})[^<>\n:]{{0,60}}>|{_M}<[^<>\n:.0-9]{{6,80}}\.?>)"
    rf"[{MARKS}{SPACES}]*$"
)
"""The mark of an edited message at its end; any phrase in brackets where U+200E stands before it."""
