"""Words for the time of day that exports put beside a 12-hour clock, in every language of WhatsApp.

Source: Unicode CLDR, ``dayPeriods`` and ``dayPeriodRules`` (as packaged in Babel 2.18), reduced to
words of two letters and more and folded as ``fold`` does. A range (from, to) is in hours.
"""

from __future__ import annotations

import unicodedata

_WORDS: dict[tuple[int, int], str] = {
    (0, 1): (
        "aadhiraat emesnatës geceyarısı gecəyarı hatinggabi keskiyö keskiyöllä kesköö keskööl "
        "lamiezulnopții medianoite meia-noite mesnatë mezzanotte mid middernacht middernag midn "
        "midnat midnatt midnight miezulnopții minuit mitjanit mitternacht miðnætti nửađêm opoln "
        "opolnoci opolnoči opółn opółnocy poln polnoc polnoč ponoć pusnakts pusnaktī półn północ půl "
        "půln půlnoc saasitazausiku tengahmalam vidurnaktis yarimtun éjfél полн полночь полноќ "
        "полунощ поноћ північ түнжарымы яримтун ҝеҹәјары חצות ءتۇنجارىمى آدھیرات فيالمساء منتصفالليل "
        "نیمهشب आधीरात मध्यरात्र मध्यरात्रि मरा ਅੱਧੀਰਾਤ મધ્યરાત્રિ મરાત્રિ நள் நள்ளிரவு అర్ధరాత్రి "
        "ಮಧ್ಯರಾತ್ರಿ അർദ്ധരാത്രി เที่ยงคืน 午夜 真夜中 자정 "
    ),
    (0, 4): ("delanuit enatës gecə natë ночі ноќ ноќе ніч ҝеҹә "),
    (0, 5): ("dienag nachts nag nat omnatten 凌晨 "),
    (0, 6): (
        "aðnóttu damadrugada delamadrugada dinotte madrugada matinada nacht naktis natt ngumaga "
        "notte nótt pånatten umaga ’snachts "
    ),
    (0, 12): (
        "am ap damanhã delamañana dop dopoldne dumat dumatin eparadites fm förmiddag inthemorning "
        "manhã matin mañana mor morning pagi paradite pg priekšp priekšpusdiena priekšpusdienā "
        "priešpiet prijepodne prp sa vm vorm öö πμ ам дп претпл пријеподне проб то לפנה״צ تد ص صباحًا "
        "قبلازظهر قظ ਪੂਦੁ ก่อนเที่ยง 上午 午前 오전 "
    ),
    (1, 3): ("ليلاً "),
    (1, 4): ("بامداد "),
    (3, 5): ("அதி அதிகாலை "),
    (3, 6): ("לפנותבוקר فجرًا فيالصباح പുലർച്ചെ 아침 "),
    (4, 6): ("hajnal sübh сүбһ पहाट ভোর ভোরবেলায় "),
    (4, 7): ("alfajiri "),
    (4, 9): ("emëngjesit mëngjes ráno "),
    (4, 10): ("наутро "),
    (4, 11): ("сутринта "),
    (4, 12): ("subah sáng ujutro πρωί τοπρωί ранку ранок утра утро صبح صبحمیں सुबह ਸਵੇਰੇ સવાર સવારે "),
    (5, 8): ("早上 清晨 "),
    (5, 10): ("aamu aamulla morg morgen morgens morgon ommorgenen påmorg påmorgonen "),
    (5, 12): ("dieoggend dimineața dimineață hommik hommikul oggend கா காலை "),
    (6, 9): ("reggel "),
    (6, 10): ("jut påmorgenen rano zjut zjutraj "),
    (6, 11): ("ertalab sabah эрталаб "),
    (6, 12): (
        "aðmorgni damañá dimattina jutro madaling-araw mattina matí mañá morgunn mrg norīta ochtend "
        "rytas rīts səhər ujutru сәһәр таң таңғы ујутро ујутру јутро בבוקר בוקר تاڭ تاڭعى सकाळ সকাল "
        "সকালবেলায় ఉదయం ಬೆಳಗ್ಗೆ രാവിലെ ตอนเช้า เช้า ในตอนเช้า ’sochtends "
    ),
    (7, 12): ("asubuhi "),
    (8, 12): ("朝早 "),
    (9, 12): ("dopol dopoledne dopoludnia dopoludnie délelőtt "),
    (10, 12): (
        "aamup aamupäivä aamupäivällä dopoldan form formiddag förm omformiddagen przedpoł "
        "przedpołudnie przedpołudniem påformiddagen påförm påförmiddagen vormittag vormittags "
        "претпладне "
    ),
    (10, 15): ("siang "),
    (11, 12): ("öğledenönce "),
    (11, 14): ("наобяд "),
    (11, 18): ("kunduzi кундузи "),
    (12, 13): (
        "adhuhuri amiază delmediodía domediodía dél emesditës günorta hádegi keskip keskipäivä "
        "keskipäivällä keskpäev keskpäeval laamiază madhyanh mediodía meio-dia mesditë mezzogiorno "
        "midday midi migdia mittag mittags nap napol napoludnie noon opold opoldne perpiet podne pol "
        "pold poldne poledne poludnie poł południe pusd pusdienlaiks pusdienlaikā saasitazamchana "
        "tanghaling-tapat trưa tushpayti vidurdienis wpoł wpołudnie öğle напл напладне пладне подне "
        "полд полдень полудень талтүс тушпайти түскі ҝүнорта ءتالتۇس تالءتۇس تۇسكى ظهر ظهرًا मध्यान्ह "
        "நண் நண்பகல் ഉച്ച ช่วงเที่ยง ตอนบ่าย เที่ยง ในตอนบ่าย 中午 正午 정오 "
    ),
    (12, 14): ("tengahhari மதி மதியம் ഉച്ചയ്ക്ക് "),
    (12, 16): (
        "alasiri dopahar hapon mchana nghapon בצהריים צהריים دوپہر دوپہرمیں दु दुपार दोपहर দুপুর "
        "দুপুরবেলায় ਦੁਪਹਿਰੇ બપોર બપોરે "
    ),
    (12, 17): ("gündüz μεσημ μεσημέρι τομεσημέρι ҝүндүз "),
    (12, 18): (
        "aft afternoon apm après-midi chiều delpomeriggio del’apm del’après-midi diemiddag diena "
        "dipomeriggio după-amiaza după-amiază délután efterm eftirhádegi etterm ettermiddag iltap "
        "iltapäivä iltapäivällä intheafternoon middag odpoledne omeftermiddagen pomeriggio popietė "
        "popod popol popoldan popoludnie popoludní popoł popołudnie popołudniu poslijepodne "
        "pärastlõuna pärastlõunal påefterm påeftermiddagen påettermiddagen síðdegis öğledensonra день "
        "дня попладне попод түстенкейін түстенкейінгі تۇستەنكەيىن تۇستەنكەيىنگى మధ్యాహ్నం ಮಧ್ಯಾಹ್ನ "
        "’smiddags "
    ),
    (12, 19): ("بعدازچاشت "),
    (12, 20): ("delatarde "),
    (12, 24): (
        "ch datarde du eftermiddag em epasdites ip nachm nm odp pasdite pm pop popiet popodne "
        "popoldne ptg pēcp pēcpusd pēcpusdiena pēcpusdienā soir tarde ös μμ пм попл поподне пп слоб "
        "тк אחה״צ بظ بعدازظهر تك م مساءً ਬਾਦੁ ਸ਼ సా หลังเที่ยง 下午 午後 오후 "
    ),
    (13, 16): ("บ่าย "),
    (13, 18): ("nachmittag nachmittags بعدالظهر "),
    (13, 19): ("tarda vesprada عصر 下昼 下晝 "),
    (14, 15): ("ഉച്ചതിരിഞ്ഞ് "),
    (14, 16): ("பிற் பிற்பகல் "),
    (14, 18): ("следобед "),
    (14, 19): ("petang "),
    (15, 18): ("sore വൈകുന്നേരം "),
    (16, 18): ("אחרהצהריים سہپہر বিকাল மா மாலை ตอนเย็น เย็น ในตอนเย็น "),
    (16, 19): ("jioni 夕方 "),
    (16, 20): ("shaam शाम સાંજ સાંજે "),
    (16, 21): ("evening सं संध्याकाळ ਸ਼ਾਮ ਸ਼ਾਮੀਂ "),
    (16, 24): ("gabi nggabi "),
    (17, 19): ("axşamüstü ахшамүстү "),
    (17, 20): ("απόγ απόγευμα τοαπόγευμα "),
    (18, 19): ("akşamüstü സന്ധ്യ "),
    (18, 20): ("شام شاممیں সন্ধ্যা সন্ধ্যাবেলায় "),
    (18, 21): (
        "este eve intheevening navečer tối uveče veče wiecz wieczorem wieczór вече кеш кешкі увече "
        "كەش كەشكى كەشى அந்திமா அந்திமாலை సాయంత్రం ಸಂಜೆ ค่ํา 저녁 "
    ),
    (18, 22): ("kechqurun seara seară več večer zveč zvečer веч вечера вечерта кечқурун בערב ערב "),
    (18, 23): ("illalla ilta vakars vakarā õhtu õhtul "),
    (18, 24): (
        "aand abend abends aften avond aðkvöldi dieaand disera dusoir embrëmjes kveld kväll kvöld "
        "malam mbrëmje omaftenen påkvelden påkvällen sera vakaras вечер вечора вечір навечер ’savonds "
    ),
    (19, 1): ("danoite "),
    (19, 3): ("രാത്രി "),
    (19, 4): ("usiku "),
    (19, 21): ("akşam vespre "),
    (19, 24): ("axşam noite ахшам شب 夜晚 晚上 "),
    (20, 4): ("night raat βράδυ τοβράδυ رات راتمیں रात রাত্রি রাত্রিবেলায় રાત્રિ રાત્રે "),
    (20, 24): ("delanoche noche "),
    (21, 3): ("இர இரவு "),
    (21, 4): ("éjjel đêm रा रात्र ਰਾਤ ਰਾਤੀਂ "),
    (21, 6): ("gece noc noć noću wnocy ноћ ноћу түн түнгі ءتۇن تۇنگى రాత్రి ರಾತ್ರಿ กลางคืน "),
    (21, 24): ("atnight nit "),
    (22, 3): ("בלילה לילה "),
    (22, 4): ("vnoci ночи ночь презнощта "),
    (22, 5): ("noapte noaptea "),
    (22, 6): ("kechasi noč ponoči кечаси "),
    (23, 4): ("夜中 "),
    (23, 5): ("yö yöllä öösel "),
    (23, 6): ("nakts naktī "),
}
# The languages of phones that WhatsApp itself does not speak, and words of one letter in scripts where
# a letter is a word.
_FURTHER: dict[tuple[int, int], str] = {
    (0, 1): (
        "canolnos gauerd gauerdia ky mi min mn түнорт түнортосу шөнөдунд կգ կեսգիշեր կեսգիշերին "
        "मध्यरात അ මැ මැදියම මැදියමටපසු ທ່ຽງຄືນ သန်းခေါင်ယံ შუაღამე შუაღამეს እኩለሌሊት អធ្រាត្រ "
    ),
    (0, 6): (
        "día entathakusa goiz goizald goizaldea goizaldeko nt pånatta գիշեր գիշերը գիշերվա գշր ሌሊት በሌሊት "
    ),
    (0, 12): (
        "bore fh gh goöň göň günortadanöň isuk mat mo moies n’ụtụtụ pd rn safiya sf to wd yb "
        "ybore ynybore àárɔ̀ àárọ̀ öň апн апоўначы преподне таңкы тң үө بن صبح،منجهند غم ق چب "
        "چۈشتىنبۇرۇن सुबुहजा ਸ ପୂ ପୂର୍ବାହ୍ନ ఉ පෙ පෙව ກ່ອນທ່ຽງ နံနက် ቅቀ ጠ ጥዋት នៅពេលព្រឹក ព្រឹក ᠦ᠂ᠥ "
    ),
    (1, 3): "ل",
    (1, 6): "පා පාන්දර",
    (4, 6): "प",
    (4, 12): "बिहान 朝",
    (5, 12): "ຕອນເຊົ້າ ເຊົ້າ დილ დილა დილით",
    (6, 10): "ekuseni mg zj",
    (6, 12): "goiza goizeko эртеңменен эртңмн өглөө առավոտ առավոտյան առվ स උ උදේ",
    (10, 13): "emini",
    (12, 13): (
        "canoldydd hd kp tr чактүш чт үддунд կեսօր կեսօրին կօ म ම මධ්යාහ්නය ຕອນທ່ຽງ ທ່ຽງ "
        "မွန်းတည့် შუადღ შუადღე შუადღეს ቀ ቀትር ថ្ងៃត្រង់ "
    ),
    (12, 14): "eguerd eguerdia eguerdiko ද දවල්",
    (12, 16): "अपरान्ह ຕອນບ່າຍ ສ ສວາຍ နေ့လယ် 昼",
    (12, 18): (
        "prynhawn sd ynyprynhawn yprynhawn послийеподне түшткйн түштөнкийин уподне өдөр ցերեկ "
        "ցերեկը ցերեկվա ցրկ ნაშუადღ ნაშუადღევი ნაშუადღევს នៅពេលរសៀល រសៀល "
    ),
    (12, 24): (
        "eh gd gosoň gsoň günortadansoň in md nomë nomëttes n’abali n’abalị soň tk wb wengi yamma "
        "yh ym ɔ̀sán апд апоўдні послијеподне түштөнкийинки үх ب دن شام،منجهند غو ك منجهند،شام چك "
        "چۈشتىنكېيىن शामजा ଅ ଅପରାହ୍ନ ප පව ຫຼັງທ່ຽງ ညနေ ከ ከሰዓት ድቀ ᠦ᠂ᠬᠣ ọ̀sán "
    ),
    (13, 19): "ntambama",
    (14, 18): "හ හවස",
    (14, 19): "arrats arratsaldea arratsaldeko",
    (16, 19): "साँझ",
    (16, 20): "ຕອນແລງ ແລງ",
    (18, 21): "кечинде кечк кечкурун орой საღ საღამო საღამოს នៅពេលល្ងាច ល្ងាច",
    (18, 22): "zv",
    (18, 24): "kv minnos yrhwyr երեկո երեկոյան երկ රෑ ማታ ምሽት በምሽት",
    (19, 21): "iluntz iluntzea iluntzeko",
    (19, 22): "बेलुकी",
    (19, 23): "夜",
    (19, 24): "ebusuku ည",
    (20, 5): "ກາງຄືນ ຕອນກາງຄືນ",
    (21, 3): "இ 밤",
    (21, 4): "ponoći",
    (21, 5): "ღამ ღამე ღამით",
    (21, 6): "түничинде шөнө",
    (21, 24): "gaua gaueko នៅពេលយប់ យប់",
    (22, 4): "vn",
    (22, 6): "po",
}


def fold(word: str) -> str:
    """A word as the table has it: NFKC, casefolded, without dots, spaces and format characters."""
    folded = unicodedata.normalize("NFKC", word.replace('"', "״")).casefold()
    return "".join(c for c in folded if c not in ".·" and not c.isspace() and unicodedata.category(c) != "Cf")


# Words that phones write and this edition of CLDR no longer has, or has in one letter only.
_OLDER: dict[tuple[int, int], str] = {
    (20, 4): "রাত",
    (0, 12): (
        "de पूर्वाह्न मपू ಪೂರ್ವಾಹ್ನ పూర్వాహ్నం முற்பகல் முப મધ્યાહ્નપૂર્વ പൂർവ്വാഹ്നം صباحا قبلدوپہر "
        "לפניהצהריים преподне დილის түскедейін пријеподне prp ek"
    ),
    (12, 24): (
        "अपराह्न अपराह्ण मउ ಅಪರಾಹ್ನ అపరాహ్నం பிப અપરાહ્ન അപരാഹ്നം مساء بعددوپہر אחריהצהריים поподне "
        "შუადღის түстенкейін"
    ),
    (17, 20): "傍晚 黃昏 黄昏",
    (23, 5): "深夜 半夜",
    (5, 8): "清早",
    (12, 13): "m",
    (4, 9): "r",
    (9, 12): "d",
    (12, 18): "o",
    (18, 22): "v",
}

RANGES: dict[str, tuple[int, int]] = {
    fold(word): hours
    for hours, words in (*_WORDS.items(), *_FURTHER.items(), *_OLDER.items())
    for word in words.split()
}


def hour24(hour: int, word: str) -> int | None:
    """The hour of the day for an hour of a 12-hour clock and its word; None for unknown words.

    12 AM and 12 at night are hour 0, 12 PM and 12 noon hour 12. Phones and CLDR do not always agree where
    a period ends, so the half of the day nearer to the word's range is taken. An hour above 12 stays.
    """
    span = RANGES.get(fold(word))
    if span is None or hour > 23:
        return None
    if hour > 12:
        return hour
    return min((hour % 12, hour % 12 + 12), key=lambda candidate: _distance(candidate, span))


def _distance(hour: int, span: tuple[int, int]) -> int:
    first, end = span
    length = (end - first) % 24 or 24
    after = (hour - first) % 24
    return 0 if after < length else min(after - length + 1, 24 - after)
