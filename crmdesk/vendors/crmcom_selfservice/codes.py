"""Country and language codes between two and three letters. Total: what is unknown stays as it is.

pycountry is slow to import and most starts need none of it, so it is imported with the first code that has to change.
"""

from __future__ import annotations

from functools import lru_cache


def _plain(code: str, length: int) -> bool:
    return len(code) == length and code.isascii() and code.isalpha()


@lru_cache(maxsize=1024)
def country_of_two(code: str) -> str:
    """`CYP` → `CY`; two letters in upper case; anything else as it is."""
    if _plain(code, 2):
        return code.upper()
    if not _plain(code, 3):
        return code
    import pycountry

    found = pycountry.countries.get(alpha_3=code.upper())
    return found.alpha_2 if found is not None else code


@lru_cache(maxsize=1024)
def country_of_three(code: str) -> str:
    """`CY` → `CYP`; three letters in upper case; anything else as it is."""
    if _plain(code, 3):
        return code.upper()
    if not _plain(code, 2):
        return code
    import pycountry

    found = pycountry.countries.get(alpha_2=code.upper())
    return found.alpha_3 if found is not None else code


@lru_cache(maxsize=1024)
def language_of_two(code: str) -> str:
    """`ENG` → `en`, also the library codes such as `GRE`; two letters in lower case; anything else as it is."""
    if _plain(code, 2):
        return code.lower()
    if not _plain(code, 3):
        return code
    import pycountry

    low = code.lower()
    found = pycountry.languages.get(alpha_3=low) or pycountry.languages.get(bibliographic=low)
    return getattr(found, "alpha_2", code)


@lru_cache(maxsize=1024)
def language_of_three(code: str) -> str:
    """`en` → `ENG`; three letters in upper case; anything else as it is."""
    if _plain(code, 3):
        return code.upper()
    if not _plain(code, 2):
        return code
    import pycountry

    found = pycountry.languages.get(alpha_2=code.lower())
    return found.alpha_3.upper() if found is not None else code


# ── languages that can be chosen ─────────────────────────────────────────────────────────────────────────────────────

_IN_2 = (
    "AA AB AF AK AM AN AR AS AV AY AZ BA BE BG BI BM BN BO BR BS CA CE CH CO CR CS CV CY DA DE DV DZ EE EL EN ES "
    "ET EU FA FF FI FJ FO FR FY GA GD GL GN GU GV HA HE HI HO HR HT HU HY HZ ID IG II IK IS IT IU JA JV KA KG KI "
    "KJ KK KL KM KN KO KR KS KU KV KW KY LB LG LI LN LO LT LU LV MG MH MI MK ML MN MR MS MT MY NA NB ND NE NG NL "
    "NN NO NR NV NY OC OJ OM OR OS PA PL PS PT QU RM RN RO RU RW SC SD SE SG SH SI SK SL SM SN SO SQ SR SS ST SU "
    "SV SW TA TE TG TH TI TK TL TN TO TR TS TT TW TY UG UK UR UZ VE VI WA WO XH YI YO ZA ZH ZU"
)
LANGUAGES_2 = tuple(_IN_2.split())
"""Living languages that have a code of two letters (ISO 639-1), as version 2 writes them."""
_IN_3 = (
    "AAR ABK AFR AKA AMH ARG ARA ASM AVA AYM AZE BAK BEL BUL BIS BAM BEN BOD BRE BOS CAT CHE CHA COS CRE CES CHV "
    "CYM DAN DEU DIV DZO EWE ELL ENG SPA EST EUS FAS FUL FIN FIJ FAO FRA FRY GLE GLA GLG GRN GUJ GLV HAU HEB HIN "
    "HMO HRV HAT HUN HYE HER IND IBO III IPK ISL ITA IKU JPN JAV KAT KON KIK KUA KAZ KAL KHM KAN KOR KAU KAS KUR "
    "KOM COR KIR LTZ LUG LIM LIN LAO LIT LUB LAV MLG MAH MRI MKD MAL MON MAR MSA MLT MYA NAU NOB NDE NEP NDO NLD "
    "NNO NOR NBL NAV NYA OCI OJI ORM ORI OSS PAN POL PUS POR QUE ROH RUN RON RUS KIN SRD SND SME SAG HBS SIN SLK "
    "SLV SMO SNA SOM SQI SRP SSW SOT SUN SWE SWA TAM TEL TGK THA TIR TUK TGL TSN TON TUR TSO TAT TWI TAH UIG UKR "
    "URD UZB VEN VIE WLN WOL XHO YID YOR ZHA ZHO ZUL"
)
LANGUAGES_3 = tuple(_IN_3.split())
"""The same by their codes of three letters (ISO 639-3), as version 1 writes them."""
