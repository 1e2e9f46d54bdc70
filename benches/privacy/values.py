"""Values of persons, by kind: of PyPI `faker` in many locales, and of our own makers
where faker has none, or has numbers that the state that gives them would not."""

import random
import string

import faker

LOCALES = {
    "email": "en_US de_DE fr_FR es_ES it_IT pl_PL pt_BR sv_SE ja_JP zh_CN ru_RU en_IN".split(),
    "iban": (
        "en_GB de_DE fr_FR es_ES it_IT nl_NL pl_PL pt_PT sv_SE fi_FI no_NO da_DK de_AT de_CH "
        "nl_BE tr_TR cs_CZ hu_HU ro_RO el_GR"
    ).split(),
    "phone": (
        "en_US en_GB en_CA en_AU de_DE de_AT de_CH fr_FR fr_CH es_ES it_IT nl_NL nl_BE pl_PL "
        "pt_BR pt_PT sv_SE fi_FI no_NO da_DK cs_CZ hu_HU ro_RO tr_TR ru_RU en_IN zh_CN ja_JP ko_KR"
    ).split(),
    "national_id": (
        "en_US en_GB en_CA fr_FR es_ES it_IT nl_NL nl_BE pl_PL pt_BR sv_SE fi_FI no_NO de_DE de_AT "
        "de_CH ro_RO tr_TR hr_HR et_EE ko_KR zh_CN en_IN es_MX"
    ).split(),
}


def grouped(digits, *sizes, by=" "):
    parts, at = [], 0
    for size in sizes:
        parts.append(digits[at : at + size])
        at += size
    return by.join(parts + ([digits[at:]] if at < len(digits) else []))


def luhn_digit(body):
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value // 10 + value % 10
    return str(-total % 10)


def verhoeff_digit(body):
    mul = [
        [
            (
                (a + b) % 5
                if a < 5 and b < 5
                else 5 + (a + b) % 5 if a < 5 else 5 + (a - b) % 5 if b < 5 else (a - b) % 5
            )
            for b in range(10)
        ]
        for a in range(10)
    ]
    step = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
    check = 0
    for place, digit in enumerate(reversed(body), 1):
        value = int(digit)
        for _ in range(place % 8):
            value = step[value]
        check = mul[check][value]
    return str(next(d for d in range(10) if mul[check][d] == 0))


def digits(chance, count, first="0123456789"):
    return chance.choice(first) + "".join(chance.choice(string.digits) for _ in range(count - 1))


def birth(chance, pattern):
    year, month, day = (
        chance.randrange(1940, 2006),
        chance.randrange(1, 13),
        chance.randrange(1, 29),
    )
    return pattern.format(y=year % 100, Y=year, m=month, d=day)


class Values:
    """Values of one seed."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.fakers = {}
        for locale in sorted({locale for list in LOCALES.values() for locale in list}):
            self.fakers[locale] = faker.Faker(locale)
            self.fakers[locale].seed_instance(seed)

    def of(self, kind):
        return getattr(self, kind)()

    def fake(self, kind):
        return self.fakers[self.chance.choice(LOCALES[kind])]

    def email(self):
        fake = self.fake("email")
        return self.chance.choice((fake.email, fake.free_email, fake.company_email))(), [], True

    def ip(self):
        fake = self.fakers["en_US"]
        which = self.chance.random()
        if which < 0.4:
            return fake.ipv4_public(), [], True
        if which < 0.6:
            return fake.ipv4_private(), [], True
        if which < 0.85:
            return fake.ipv6(), [], True
        net = self.chance.choice(("2001:db8:", "2a02:8109:", "fe80:", "fd12:3456:"))
        return (
            f"{net}:{self.chance.randrange(1, 65536):x}:{self.chance.randrange(256, 65536):x}",
            [],
            True,
        )

    def card(self):
        number = self.fakers["en_US"].credit_card_number()
        if len(number) == 16 and self.chance.random() < 0.6:
            number = grouped(number, 4, 4, 4, by=self.chance.choice(" -"))
        if len(number) == 15 and number[0] == "3" and self.chance.random() < 0.5:
            number = grouped(number, 4, 6)
        # Lengths of other things, too: these stand beside a word.
        strong = len(number.replace(" ", "").replace("-", "")) in (14, 15, 16, 19)
        return number, ["card", "Credit card", "Visa card", "card number"], strong

    def iban(self):
        number = self.fake("iban").iban()
        if self.chance.random() < 0.4:
            number = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
        return number, ["IBAN", "account", "Konto"], True

    def phone(self):
        locale = self.chance.choice(LOCALES["phone"])
        fake = self.fakers[locale]
        number = fake.phone_number()
        if hasattr(fake, "cellphone_number") and self.chance.random() < 0.3:
            number = fake.cellphone_number()
        words = {
            "de": ["Telefon", "Tel."],
            "fr": ["téléphone", "Tél."],
            "es": ["teléfono", "móvil"],
            "it": ["telefono", "cell."],
            "pt": ["telefone", "celular"],
            "zh": ["手机", "电话"],
            "ja": ["電話", "携帯"],
            "ru": ["телефон"],
        }.get(locale[:2], [])
        return number, words + ["phone", "Phone number", "mobile", "tel"], number.startswith("+")

    def national_id(self):
        chance = self.chance
        if chance.random() < 0.3:
            return self.own_id()
        locale = chance.choice(LOCALES["national_id"])
        fake = self.fakers[locale]
        match locale:
            case "en_US":
                return fake.ssn(), ["SSN", "social security number"], True
            case "en_GB":
                return fake.ssn(), ["National Insurance number", "NI number"], False
            case "en_CA":
                return fake.ssn(), ["SIN", "social insurance number"], False
            case "fr_FR":
                return fake.ssn(), ["NIR", "numéro de sécurité sociale"], True
            case "es_ES":
                return chance.choice((fake.nie, fake.nif))(), ["DNI", "NIE"], True
            case "it_IT":
                return fake.ssn(), ["codice fiscale"], True
            case "nl_NL":
                return fake.ssn(), ["BSN", "burgerservicenummer"], False
            case "nl_BE":
                return fake.ssn(), ["rijksregisternummer"], True
            case "pl_PL":
                return fake.pesel(), ["PESEL"], False
            case "pt_BR":
                return fake.cpf(), ["CPF"], True
            case "sv_SE":
                return fake.ssn(), ["personnummer"], True
            case "fi_FI":
                return fake.ssn(), ["henkilötunnus", "HETU"], True
            case "no_NO":
                return fake.ssn(), ["fødselsnummer"], True
            case "de_DE":
                return fake.rvnr(), ["Rentenversicherungsnummer"], True
            case "de_AT":
                return fake.ssn(), ["SVNR", "Sozialversicherungsnummer"], False
            case "de_CH":
                return fake.ssn(), ["AHV-Nr", "AHV"], True
            case "ro_RO":
                return fake.ssn(), ["CNP", "cod numeric personal"], False
            case "tr_TR":
                return fake.ssn(), ["TC kimlik", "TCKN"], False
            case "hr_HR":
                return fake.ssn(), ["OIB"], False
            case "et_EE":
                return fake.ssn(), ["isikukood"], False
            case "ko_KR":
                return fake.ssn(), ["주민등록번호", "RRN"], True
            case "zh_CN":
                return fake.ssn(), ["身份证", "national id"], True
            case "en_IN":
                return chance.choice(
                    ((fake.aadhaar_id(), ["Aadhaar"]), (fake.pan(), ["PAN card"]))
                ) + (False,)
            case "es_MX":
                return fake.curp(), ["CURP"], True

    def own_id(self):
        """Numbers faker has not, or has otherwise than the state that gives them."""
        chance = self.chance
        match chance.randrange(6):
            case 0:
                letters = chance.choice("ABCEGHJKLMNOPRSTWXYZ") + chance.choice("ABCEGHJKLMPRSTWXY")
                if letters in ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ"):
                    letters = "AB"
                body = digits(chance, 6)
                if chance.random() < 0.5:
                    return (
                        f"{letters} {grouped(body, 2, 2)} {chance.choice('ABCD')}",
                        ["NINO", "National Insurance number"],
                        True,
                    )
                return f"{letters}{body}{chance.choice('ABCD')}", ["NINO", "NI number"], True
            case 1:
                body = digits(chance, 10, "123456789")
                product = 10
                for digit in body:
                    product = (((int(digit) + product) % 10) or 10) * 2 % 11
                number = body + str((11 - product) % 10)
                if chance.random() < 0.5:
                    number = grouped(number, 2, 3, 3)
                return number, ["Steuer-ID", "Steueridentifikationsnummer"], False
            case 2:
                return (
                    birth(chance, "{d:02}{m:02}{y:02}-") + digits(chance, 4),
                    ["CPR", "CPR-nr"],
                    False,
                )
            case 3:
                while True:
                    body = birth(chance, "{y:02}{m:02}{d:02}") + digits(chance, 3)
                    check = int(body) % 11
                    if check < 10:
                        return f"{body[:6]}/{body[6:]}{check}", ["rodné číslo"], False
            case 4:
                body = digits(chance, 11, "23456789")
                number = body + verhoeff_digit(body)
                return (
                    grouped(number, 4, 4) if chance.random() < 0.6 else number,
                    ["Aadhaar", "Aadhaar number"],
                    False,
                )
            case 5:
                body = digits(chance, 7)
                total = sum(int(d) * w for d, w in zip(body, range(8, 1, -1)))
                return body + "WABCDEFGHIJKLMNOPQRSTUV"[total % 23], ["PPS number", "PPSN"], False
