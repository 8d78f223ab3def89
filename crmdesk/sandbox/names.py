# ruff: noqa: E501 - tables: one line for each kind of name reads best
# fmt: off
"""Raw material of made-up people: names, places, phone forms and notes of 24 countries.

Names are common ones of each country, drawn separately, so a whole name belongs to nobody in particular. `#` in a phone or
postcode form stands for a random digit; the phone forms are the loose ones people really type, not E.164.
"""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    city: str
    state: str
    zip: str


class Locale(NamedTuple):
    """One country: how often it comes up, and what its people are made of."""

    country: str
    weight: int
    languages: tuple[str, ...]
    phones: tuple[str, ...]
    women: tuple[str, ...]
    men: tuple[str, ...]
    families: tuple[str, ...]
    endings: tuple[str, ...]
    """What invented family names of the country end in; empty: only the listed ones occur."""
    places: tuple[Place, ...]
    streets: tuple[str, ...]
    notes: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _places(text: str) -> tuple[Place, ...]:
    return tuple(Place(*part.split(";")) for part in text.split("|"))


def _locale(
    country: str, weight: int, languages: str, phones: str, women: str, men: str, families: str, endings: str, places: str,
    streets: str, notes: str,
) -> Locale:
    return Locale(
        country, weight, _words(languages), tuple(phones.split("|")), _words(women), _words(men),
        tuple(families.split("|")), _words(endings), _places(places), tuple(streets.split("|")), tuple(notes.split("|")),
    )


LOCALES: tuple[Locale, ...] = (
    _locale("US", 10, "en es", "+1 (###) 555-01##|1-###-555-01##|###.555.01##",
            "Mary Patricia Jennifer Linda Elizabeth Susan Jessica Karen Sarah Nancy Ashley Emily Michelle Amanda Melissa",
            "James Robert John Michael David William Richard Joseph Thomas Christopher Daniel Matthew Anthony Mark Joshua",
            "Smith|Johnson|Williams|Brown|Jones|Miller|Davis|Wilson|Anderson|Taylor|Moore|Thompson|White|Harris|O'Connor",
            "son ton ford well man er ley",
            "Portland;Oregon;972##|Austin;Texas;787##|Reno;Nevada;895##|Boston;Massachusetts;021##|Savannah;Georgia;314##",
            "Nilsa Crossroad|Maple Avenue|Ocean Drive|Lakeview Road|Second Street",
            "Keys are in the lock box by the garage.|Calls back after 5 pm.|Owner of the corner house; wants monthly statements."),
    _locale("GB", 8, "en", "+44 (0)7### ######|07### ######|+44 20 7946 0###|020 7946 0###",
            "Amelia Isla Ava Emily Sophia Grace Mia Poppy Ella Lily Evie Freya Florence Imogen",
            "Oliver George Harry Noah Jack Charlie Jacob Alfie Freddie Oscar Leo Logan Archie Rhys",
            "Smith|Jones|Taylor|Davies|Evans|Walker|Wright|Roberts|Hughes|MacDonald|O'Brien|Ashworth|Featherstone-Hill|Patel",
            "worth ton ham bury shaw field",
            "London;;SW# #AB|Leeds;West Yorkshire;LS# #TD|Bath;Somerset;BA# #JQ|Edinburgh;;EH# #YL|Cardiff;;CF## #DA",
            "High Street|Station Road|Church Lane|The Mews|Victoria Terrace",
            "Prefers e-mail to phone.|Has a second set of keys.|Ring twice, the bell is weak."),
    _locale("DE", 10, "de en", "+49 (0)151 #######|0171/#######|+49 30 ### ## ##|(089) ######",
            "Ursula Jördis Käthe Lena Anneliese Heike Ulrike Jana Renate Sabine Bärbel Gülcan Zoë Grete",
            "Hans Jürgen Günther Jörg Lukas Jonas Björn Sören Matthias Klaus Wolfgang Götz Rüdiger Uwe",
            "Müller|Schmidt|Schneider|Fischer|Weber|Meyer|Schäfer|Schröder|Groß|Weiß|Böhm|Kühn|Jäger|von der Höhe|Strauß|Voß",
            "mann meier ner bach feld stein",
            "Berlin;;10###|Hamburg;;20###|München;Bayern;80###|Köln;Nordrhein-Westfalen;50###|Görlitz;Sachsen;028##",
            "Königstraße|Am Großen Teich|Gänsemarkt|Bahnhofstraße|Schloßgäßchen",
            "Schlüssel liegt beim Hausmeister.|Ruft gerne nach 18 Uhr zurück.|Größe der Wohnung noch prüfen."),
    _locale("FR", 9, "fr en", "+33 (0)6 ## ## ## ##|06 ## ## ## ##|+33 (0)1 ##.##.##.##|04.##.##.##.##",
            "Marie Françoise Monique Nathalie Sylvie Hélène Aurélie Chloé Zoé Inès Léa Anaïs Maëlle Océane",
            "Jean Pierre Michel André Philippe René Louis Éric Benoît François Jérôme Côme Loïc Gaël",
            "Martin|Bernard|Dubois|Petit|Durand|Leroy|Moreau|Lefèvre|Fournier|Garnier|Béranger|Le Goff|d'Aubigné|Hébrard",
            "eau in ard el ier ot",
            "Paris;Île-de-France;750##|Nice;Provence-Alpes-Côte d'Azur;06###|Saint-Étienne;Loire;42###|Nîmes;Gard;30###",
            "rue des Lilas|avenue de la République|chemin des Crêtes|quai de l'Île|place du Marché",
            "Les clés sont chez la gardienne.|Préfère être appelée le matin.|Propriétaire du gîte d'à côté."),
    _locale("ES", 7, "es en", "+34 6## ## ## ##|6## ### ###|(+34) 9## ### ###",
            "María Carmen Isabel Lucía Sofía Begoña Núria Montserrat Dolores Paula Martina Belén",
            "Antonio José Manuel Francisco Javier Jesús Ángel Íñigo Raúl Óscar Adrián Iván",
            "García|Rodríguez|González|Fernández|López|Martínez|Sánchez|Pérez|Muñoz|Núñez|Ibáñez Peña|de la Cruz|Ordóñez",
            "ez era osa al ano",
            "Madrid;;280##|Málaga;Andalucía;290##|A Coruña;Galicia;150##|Donostia;Gipuzkoa;200##|Logroño;La Rioja;260##",
            "Calle Mayor|Avenida de España|Plaça del Sol|Camino de la Viña|Paseo Marítimo",
            "Las llaves están en recepción.|Mañana llama él.|Dueña de tres apartamentos en la costa."),
    _locale("IT", 6, "it en", "+39 3## ### ####|3##/#######|+39 06 #### ####",
            "Maria Anna Giulia Rosa Angela Chiara Elena Sara Martina Noemi Beatrice",
            "Giuseppe Giovanni Mario Luigi Francesco Niccolò Lorenzo Andrea Matteo Gioacchino",
            "Rossi|Russo|Ferrari|Esposito|Bianchi|Colombo|Ricci|De Luca|D'Angelo|Dell'Orto|Nicolò|Lo Presti", "ini etti ello oni ucci",
            "Roma;RM;001##|Milano;MI;201##|Forlì;FC;471##|Palermo;PA;901##|Cefalù;PA;90015",
            "Via Roma|Viale della Libertà|Piazza Dante|Corso Garibaldi", "Le chiavi sono dal portiere.|Perché non risponde mai il lunedì?"),
    _locale("PT", 5, "pt en", "+351 9## ### ###|9########|+351 22 ### ## ##",
            "Ana Mariana Inês Beatriz Conceição Graça Leonor Matilde", "João António José Tomás Gonçalo Luís Simão Estêvão",
            "Silva|Santos|Ferreira|Pereira|Gonçalves|Magalhães|Simões|Araújo|Brandão|dos Reis", "eira ães inho al",
            "Porto;;4000-###|Lisboa;;1100-###|Évora;Alentejo;7000-###|São Brás de Alportel;Faro;8150-###",
            "Rua Um|Travessa da Fé|Largo do Pelourinho|Avenida dos Aliados", "As chaves estão com a vizinha.|Não ligar à hora do almoço."),
    _locale("PL", 6, "pl en", "+48 ### ### ###|6##-###-###|(22) ### ## ##",
            "Anna Katarzyna Małgorzata Agnieszka Barbara Ewa Zofia Żaneta Łucja Świętosława",
            "Piotr Krzysztof Andrzej Tomasz Paweł Łukasz Michał Stanisław Grzegorz Żegota",
            "Nowak|Kowalski|Wiśniewski|Wójcik|Kamiński|Zieliński|Woźniak|Dąbrowski|Łukaszewicz|Żak|Święch|Błaszczyk",
            "ski cki wicz czyk owicz",
            "Łódź;łódzkie;90-###|Kraków;małopolskie;30-###|Gdańsk;pomorskie;80-###|Świętochłowice;śląskie;41-###",
            "ul. Długa|ul. Świętego Wojciecha|al. Niepodległości|pl. Wolności", "Klucze są u sąsiadki.|Proszę dzwonić po południu."),
    _locale("CZ", 3, "cs en", "+420 ### ### ###|### ### ###",
            "Marie Jana Hana Lenka Kateřina Šárka Žofie Růžena", "Jiří Petr Josef Tomáš Ondřej Matěj Řehoř Zdeněk",
            "Novák|Svoboda|Dvořák|Černý|Procházka|Kučera|Říha|Šťastný|Žižka|Němec", "ek ka ák ský",
            "Praha;;110 ##|Plzeň;;301 ##|České Budějovice;;370 ##|Ústí nad Labem;;400 ##", "Dlouhá|Na Příkopě|Žižkova|U Řeky",
            "Klíče jsou na recepci.|Volat až odpoledne."),
    _locale("HU", 2, "hu en", "+36 30 ### ####|06-1-###-####",
            "Erzsébet Katalin Ágnes Zsófia Réka Enikő", "László István Gábor Zoltán Győző Ödön",
            "Nagy|Kovács|Tóth|Szabó|Horváth|Kőszegi|Szűcs|Bőhm", "fi si házi",
            "Budapest;;10##|Győr;;902#|Hódmezővásárhely;;680#", "Fő utca|Kossuth Lajos út|Erdő köz", "A kulcs a gondnoknál van."),
    _locale("TR", 5, "tr en", "+90 5## ### ## ##|0(5##) ### ## ##|0212 ### ## ##",
            "Fatma Ayşe Emine Zeynep Elif Gülşen Şule Iraz Işıl", "Mehmet Mustafa Ahmet Hüseyin İbrahim Çağlar Ömer Ilgaz Işık",
            "Yılmaz|Kaya|Çelik|Şahin|Yıldız|Öztürk|Özdemir|Doğan|Kılıç|Güneş|Işıklı|İnce", "oğlu lı cı er türk",
            "İstanbul;;34###|İzmir;;35###|Diyarbakır;;21###|Şanlıurfa;;63###", "Atatürk Caddesi|Çınar Sokağı|İstiklal Caddesi",
            "Anahtar kapıcıda.|Öğleden sonra aranmalı."),
    _locale("SE", 4, "sv en", "+46 (0)70-### ## ##|07#-### ## ##",
            "Anna Eva Åsa Karin Kristina Linnéa Märta", "Lars Mikael Anders Björn Östen Göran Håkan",
            "Andersson|Johansson|Öberg|Sjöström|Ångström|Åkesson|Lindqvist|Hägg", "ström berg qvist lund sson",
            "Göteborg;;4## ##|Malmö;;2## ##|Örebro;;70# ##|Västerås;;72# ##", "Storgatan|Ängsvägen|Åsgränd", "Nyckeln finns hos grannen."),
    _locale("NO", 3, "no en", "+47 4## ## ###|9## ## ###|+47 22 ## ## ##",
            "Ingrid Åse Solveig Marit Ragnhild Sølvi", "Øystein Bjørn Håkon Kåre Sjur Ødegård",
            "Hansen|Johansen|Ødegaard|Bråthen|Sørli|Nygård|Åsen", "sen stad vik land",
            "Tromsø;Troms;90##|Ålesund;Møre og Romsdal;60##|Bodø;Nordland;80##", "Storgata|Øvre Strandvei|Åsveien", "Nøkkelen ligger i skapet."),
    _locale("DK", 3, "da en", "+45 ## ## ## ##|########", "Mette Kirsten Åse Hanne Bodil Søs", "Søren Jørgen Bjørn Niels Asbjørn Aage",
            "Nielsen|Jensen|Sørensen|Møller|Kjær|Østergaard|Bøgh", "sen gaard lund holm",
            "København;;1###|Aarhus;;80##|Rønne;Bornholm;37##|Tønder;;62##", "Nørregade|Østerbrogade|Ærøvej", "Nøglen ligger under krukken."),
    _locale("GR", 5, "el en", "+30 69# ### ####|69########|+30 210 ### ####",
            "Μαρία Ελένη Αικατερίνη Βασιλική Σοφία Αγγελική Ζωή", "Γιώργος Δημήτρης Κώστας Νίκος Αλέξανδρος Θανάσης Ηλίας",
            "Παπαδόπουλος|Γεωργίου|Δημητρίου|Οικονόμου|Νικολάου|Αγγελόπουλος|Ψαρρός|Ξενάκης", "όπουλος ίδης άκης άς",
            "Αθήνα;Αττική;10# ##|Θεσσαλονίκη;;54# ##|Χανιά;Κρήτη;73# ##|Ναύπλιο;;21# ##", "Οδός Ερμού|Λεωφόρος Αθηνών|Πλατεία Συντάγματος",
            "Τα κλειδιά είναι στη ρεσεψιόν.|Να καλέσουμε μετά τις έξι."),
    _locale("RU", 4, "ru en", "+7 (9##) ###-##-##|8 9## ### ## ##",
            "Елена Ольга Наталья Екатерина Анна Татьяна Юлия Алёна", "Александр Сергей Дмитрий Андрей Алексей Иван Фёдор Артём",
            "Иванов|Смирнов|Кузнецов|Попов|Васильев|Фёдоров|Морозов|Щербаков|Соловьёв", "ов ев ин ский енко",
            "Москва;;1#####|Санкт-Петербург;;19####|Казань;Татарстан;42####", "улица Ленина|Невский проспект|Садовая улица",
            "Ключи у консьержа.|Звонить после шести вечера."),
    _locale("UA", 3, "uk en", "+380 (##) ### ## ##|0## ### ## ##", "Оксана Ївга Наталія Ганна Юлія Соломія", "Тарас Андрій Олексій Євген Ігор Богдан",
            "Шевченко|Бондаренко|Ткаченко|Кравчук|Їжакевич|Ґудзь|Мельник", "енко чук ський ців",
            "Київ;;010##|Львів;;790##|Одеса;;650##|Чернівці;;580##", "вулиця Хрещатик|площа Ринок|вулиця Ґонти", "Ключі у сусідки."),
    _locale("IL", 3, "he en", "+972 5#-###-####|05#-#######", "נועה תמר מיכל שירה רחל יעל", "דוד יוסף משה איתן אורי נועם",
            "כהן|לוי|מזרחי|פרץ|ביטון|אברהם|פרידמן|בן־דוד", "", "תל אביב;;6######|ירושלים;;9######|חיפה;;3######", "רחוב הרצל|שדרות רוטשילד",
            "המפתח אצל השכן.|להתקשר אחרי הצהריים."),
    _locale("AE", 4, "ar en", "+971 5# ### ####|05########", "فاطمة مريم عائشة زينب خديجة ليلى", "محمد أحمد محمود علي حسن خالد",
            "حسن|علي|إبراهيم|السيد|عبد الله|خليل|منصور|الأنصاري", "", "دبي;;00000|أبو ظبي;;00000|الشارقة;;00000",
            "شارع الشيخ زايد|شارع الكورنيش", "المفاتيح عند الحارس.|يفضل الاتصال مساءً."),
    _locale("IN", 6, "hi en", "+91 9#### #####|09#########", "प्रिया अनन्या दिया काव्या नेहा लक्ष्मी Priya Ananya", "आरव विवान आदित्य अर्जुन रोहन राहुल Rohan Vikram",
            "शर्मा|वर्मा|गुप्ता|सिंह|कुमार|पटेल|Sharma|Iyer|Venkataraman|Mukherjee", "",
            "मुंबई;महाराष्ट्र;4000##|Bengaluru;Karnataka;5600##|जयपुर;राजस्थान;3020##", "एम जी रोड|स्टेशन रोड|Church Street",
            "चाबी चौकीदार के पास है।|शाम को फ़ोन करें।"),
    _locale("TH", 3, "th en", "+66 8# ### ####|08#-###-####", "กมลชนก พิมพ์ชนก ศิริพร อรทัย สุดา", "สมชาย ธนกฤต อนุชา วีระ ณัฐพล",
            "แสงทอง|ศรีสุข|วงศ์ใหญ่|จันทร์เพ็ญ|บุญมา", "", "กรุงเทพมหานคร;;10###|เชียงใหม่;;50###|ภูเก็ต;;83###", "ถนนสุขุมวิท|ถนนพระราม ๔", "กุญแจอยู่กับแม่บ้าน"),
    _locale("CN", 4, "zh en", "+86 13# #### ####|13#########", "芳 娜 敏 静 丽 秀英 雪梅", "伟 强 磊 军 勇 志明 建国",
            "王|李|张|刘|陈|杨|黄|欧阳|司马", "", "北京;;1000##|上海;;2000##|成都;四川;6100##", "人民路|中山北路|解放大道", "钥匙在前台。|下午联系。"),
    _locale("JP", 4, "ja en", "+81 90-####-####|090-####-####|03-####-####", "陽菜 美咲 さくら 葵 結衣 愛", "翔太 健太 大輔 拓也 直樹 誠",
            "佐藤|鈴木|高橋|田中|伊藤|渡邉|山本|齋藤", "", "東京都;新宿区;160-00##|大阪市;大阪府;530-00##|札幌市;北海道;060-00##", "中央通り|本町|桜丘町",
            "鍵は管理人室にあります。|夕方に電話してください。"),
    _locale("KR", 3, "ko en", "+82 10-####-####|010-####-####", "서연 지우 수빈 하은 예은", "민준 지훈 현우 준호 도윤", "김|이|박|최|정|강|남궁", "",
            "서울;;04###|부산;;48###|제주;제주특별자치도;63###", "세종대로|해운대로|중앙로", "열쇠는 관리실에 있습니다."),
)

LATIN_STEMS = _words("Bar Bel Bran Cal Cor Dal Dor Fal Fen Gar Gren Hal Har Hol Kal Kel Kor Lan Lor Mar Mel Mor Nor Par Pel Ral "
                     "Rav Ros Sal San Sel Sor Tal Tar Tor Val Ver Vol Wal Zar")
LATIN_MIDDLES = _words("a al an ar e el en er i il in o ol on or u ul un")
CYRILLIC_STEMS = _words("Бар Бел Вал Вор Гал Гор Дар Дол Жар Зар Кал Кор Лан Мар Мол Нов Пар Рад Сал Тар Фар Хор Шар Щур")
CYRILLIC_MIDDLES = _words("а ан ар ел ен ин о ол он у")
GREEK_STEMS = _words("Βασ Γαλ Δελ Ζαφ Θεοδ Καλ Κορ Λαμπ Μαρ Μελ Νικ Παλ Παρ Σαρ Σταμ Τρικ Φωτ Χαρ Ψαλ")
GREEK_MIDDLES = _words("α αν αρ ελ ετ ι ιν ορ ου")

LABELS = ("mobile", "phone", "work", "home", "fax", "default", "Büro", "assistant", "携帯", "WhatsApp")
EMAIL_HOSTS = ("example.com", "example.org", "example.net", "seaside.example", "harbour.example", "hof.example", "villa.example",
               "rentals.example", "muehle.example", "keys.example")

HOSTILE_SUFFIXES = (
    " <b>bold</b>", " <script>alert(1)</script>", ' <img src="file:///etc/hosts">', " \u202egnp.exe", " \u2067rtl\u2069\u200f",
    " & Söhne &lt;3", "'); DROP TABLE contacts;--", " \u200b\u200d\u2060", " 👩‍👩‍👧‍👦🏳️‍🌈", " Z̷̧̛̪̗̏a̴̟͋l̵̰̀g̶̱̈o̷̙͝", " %s {0} ${x}",
)
HOSTILE_NOTES = (
    '=HYPERLINK("http://keys.example/","open")', "<a href='javascript:alert(1)'>open</a>", "line one\nline two\r\n\ttabbed\x0bfed",
    "x" * 10_000, "\u202eright to left to the end", "{{7*7}} <!-- comment --> ]]>", "@SUM(1+1)*cmd|' /C calc'!A0",
)
