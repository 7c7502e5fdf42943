"""Which column of a sheet is which: by its heading, in the languages of Kaizala's users."""

import unicodedata
from collections.abc import Sequence

from groups.reading.numbers import normalise

from .models import ImportRun

NUMBER, GROUP, ROLE, PARENT, CHILD = "number", "group", "role", "parent", "child"
FIELDS = {
    ImportRun.Kind.ADD: (NUMBER,),
    ImportRun.Kind.REMOVE: (NUMBER,),
    ImportRun.Kind.EQUAL: (NUMBER,),
    ImportRun.Kind.MANY: (GROUP, NUMBER, ROLE),
    ImportRun.Kind.LEAVE: (GROUP, NUMBER, ROLE),
    ImportRun.Kind.LINKS: (PARENT, CHILD),
    ImportRun.Kind.UNLINK: (PARENT, CHILD),
}
OPTIONAL = frozenset([ROLE])
_NAMES = {
    NUMBER: """
        cell, cellphone, contact, contact number, contact no, mobile, mobile no, mobile number,
        mobile phone, msisdn, number, phone, phone no, phone number, tel, telephone,
        telephone number, whatsapp, whatsapp number, handy, handynummer, mobilnummer, rufnummer,
        telefon, telefonnummer, nummer, téléphone, numéro, numéro de téléphone, portable,
        numéro de portable, teléfono, número, celular, móvil, número de teléfono, telefone,
        número de telefone, telemóvel, numero, cellulare, numero di telefono, simu, namba,
        namba ya simu, nambari, nambari ya simu, nomor, nomor telepon, nomor hp, no hp, telepon,
        điện thoại, số điện thoại, رقم, رقم الهاتف, الهاتف, هاتف, جوال, رقم الجوال, موبايل, فون,
        فون نمبر, موبائل, نمبر, मोबाइल, मोबाइल नंबर, फोन, फ़ोन, फोन नंबर, फ़ोन नंबर, नंबर,
        मोबाईल, मोबाईल नंबर, मोबाइल नम्बर, মোবাইল, মোবাইল নম্বর, ফোন, ফোন নম্বর, নম্বর, மொபைல்,
        தொலைபேசி, கைபேசி, கைபேசி எண், எண், మొబైల్, ఫోన్, ఫోన్ నంబర్, మొబైల్ నంబర్, ಮೊಬೈಲ್, ಫೋನ್,
        മൊബൈൽ, ഫോൺ, મોબાઇલ, મોબાઇલ નંબર, ફોન, ਮੋਬਾਈਲ, ਫ਼ੋਨ, телефон, номер, номер телефона,
        мобильный, 手机, 手机号, 手机号码, 电话, 電話, 電話番号, 携帯, 전화번호
    """,
    GROUP: """
        group, group name, group id, groupid, kaizala group, gruppe, gruppenname, groupe,
        nom du groupe, grupo, nombre del grupo, nome do grupo, gruppo, kikundi, jina la kikundi,
        grup, nama grup, kelompok, nhóm, مجموعة, المجموعة, اسم المجموعة, گروپ, समूह,
        समूह का नाम, ग्रुप, गट, গ্রুপ, গোষ্ঠী, দল, குழு, సమూహం, గ్రూప్, ಗುಂಪು, ഗ്രൂപ്പ്, જૂથ,
        ગ્રુપ, ਸਮੂਹ, группа, 群组, 群, グループ
    """,
    ROLE: """
        role, type, rights, position, rolle, rôle, rol, papel, função, ruolo, jukumu, wadhifa,
        peran, vai trò, دور, الدور, کردار, भूमिका, রোল, ভূমিকা, பங்கு, పాత్ర, ಪಾತ್ರ, ભૂમિકા,
        роль, 角色, 役割
    """,
    PARENT: """
        parent, parent group, parent id, above, upper group, top group, obergruppe,
        übergeordnete gruppe, parents, groupe parent, grupo padre, grupo superior, grupo pai,
        gruppo padre, kikundi kikuu, induk, grup induk, المجموعة الأم, मूल समूह, मुख्य समूह,
        родитель, 上级, 父群组
    """,
    CHILD: """
        child, child group, child id, sub group, subgroup, sub groups, below, untergruppe,
        sous groupe, groupe enfant, subgrupo, grupo hijo, grupo filho, sottogruppo,
        kikundi kidogo, sub grup, anak grup, مجموعة فرعية, उप समूह, उपसमूह, подгруппа, 子群组, 下级
    """,
}
ROLES = {
    "admin": "admin", "administrator": "admin", "moderator": "admin", "owner": "admin",
    "administrateur": "admin",
    "administrador": "admin", "amministratore": "admin", "msimamizi": "admin",
    "مشرف": "admin", "مدير": "admin",
    "व्यवस्थापक": "admin", "प्रशासक": "admin", "প্রশাসক": "admin", "администратор": "admin", "管理员": "admin",
    "member": "member", "mitglied": "member", "membre": "member", "miembro": "member", "membro": "member",
    "mwanachama": "member", "anggota": "member", "عضو": "member", "सदस्य": "member", "সদস্য": "member",
    "участник": "member", "成员": "member",
    "subscriber": "subscriber", "follower": "subscriber", "abonnent": "subscriber", "abonne": "subscriber",
    "suscriptor": "subscriber", "assinante": "subscriber", "مشترك": "subscriber", "ग्राहक": "subscriber",
    "подписчик": "subscriber", "订阅者": "subscriber",
}  # fmt: skip


def plain(text: str) -> str:
    """Letters only, small, without accents: "N° de téléphone" and "N de Telephone" are the same."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if unicodedata.category(letter)[0] == "L")


KNOWN = {
    field: frozenset(plain(name) for name in names.replace("\n", " ").split(","))
    for field, names in _NAMES.items()
}
KNOWN_ROLES = {plain(word): role for word, role in ROLES.items()}


def role_of(text: str) -> str:
    """member, admin or subscriber, in any of the languages; "" when it is none."""
    return KNOWN_ROLES.get(plain(text), "")


def find(kind: str, rows: Sequence[list[str]], region: str) -> tuple[dict[str, int], bool]:
    """(place of each field's column, whether the first row names them). Empty when a person has to say."""
    if not rows:
        return {}, False
    found = _by_heading(kind, rows[0])
    if all(field in found or field in OPTIONAL for field in FIELDS[ImportRun.Kind(kind)]):
        return _unambiguous(found, rows, region), True
    if FIELDS[ImportRun.Kind(kind)] == (NUMBER,):
        return _by_content(rows, region)
    return {}, False


def _by_heading(kind: str, heading: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, cell in enumerate(heading):
        name = plain(cell)
        for field in FIELDS[ImportRun.Kind(kind)]:
            if name and name in KNOWN[field]:
                found.setdefault(field, place)
    return found


def _unambiguous(found: dict[str, int], rows: Sequence[list[str]], region: str) -> dict[str, int]:
    """Of two columns that are called so ("number" and "mobile") the one with phone numbers in it."""
    if NUMBER not in found:
        return found
    named = [place for place, cell in enumerate(rows[0]) if plain(cell) in KNOWN[NUMBER]]
    best = max(named, key=lambda place: (_score(rows[1:], place, region), -place))
    return {**found, NUMBER: best}


def _by_content(rows: Sequence[list[str]], region: str) -> tuple[dict[str, int], bool]:
    """The column with the most phone numbers, for sheets without a heading that we know."""
    places = range(max(len(cells) for cells in rows))
    best = max(places, key=lambda place: (_score(rows, place, region), -place), default=0)
    score = _score(rows, best, region)
    if score * 2 < len(rows) - 1 or not score:
        return {}, False
    first = rows[0][best] if best < len(rows[0]) else ""
    return {NUMBER: best}, not any(letter.isdigit() for letter in first)


def _score(rows: Sequence[list[str]], place: int, region: str) -> int:
    return sum(bool(normalise(cells[place], region)[0]) for cells in rows if place < len(cells))
