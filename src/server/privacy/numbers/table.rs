//! The numbers that are looked for: how each is written and when it is believed.

use super::{
    super::kind::Personal,
    checks::{card, elsewhere, europe},
};

/// One number, with the ways it is written: `9` is any digit, `A` any letter, all
/// else itself.
pub(super) struct Number {
    /// What it is.
    pub kind: Personal,
    /// Forms that no other text of agents has: the check is enough.
    pub alone: &'static [&'static str],
    /// Forms that need a word beside them as well.
    pub with_word: &'static [&'static str],
    /// The words that name it. Beside one, the form is enough: people mistype
    /// numbers and make them up.
    pub words: &'static [&'static str],
    /// What it must pass.
    pub check: fn(&str) -> bool,
}

const fn national(
    words: &'static [&'static str],
    alone: &'static [&'static str],
    with_word: &'static [&'static str],
    check: fn(&str) -> bool,
) -> Number {
    Number {
        kind: Personal::NationalId,
        alone,
        with_word,
        words,
        check,
    }
}

/// Payment cards, and national numbers of the Americas, Europe, Asia, Africa and
/// Australia.
pub(super) static NUMBERS: &[Number] = &[
    Number {
        kind: Personal::Card,
        alone: &[
            "9999999999999999",
            "9999 9999 9999 9999",
            "9999-9999-9999-9999",
            "9999 999999 99999",
            "9999-999999-99999",
            "9999 999999 9999",
            "9999-999999-9999",
            "9999 9999 9999 9999 999",
            "99999999999999",
            "999999999999999",
            "9999999999999999999",
        ],
        with_word: &[
            "999999999999",
            "9999 9999 9999",
            "9999-9999-9999",
            "9999999999999",
            "9999 9999 99999",
            "9999 9999 9999 9",
            "9999 9999 9999 99",
            "9999 9999 9999 999",
            "99999999999999999",
            "999999999999999999",
        ],
        words: &[],
        check: card::card,
    },
    // United States: Social Security number.
    national(
        &["ssn", "social security number", "social security no"],
        &["999-99-9999"],
        &["999 99 9999", "999999999"],
        elsewhere::us_social_security,
    ),
    // United Kingdom: National Insurance number, National Health Service number.
    national(
        &[
            "nino",
            "national insurance",
            "national insurance number",
            "ni number",
            "ni no",
        ],
        &["AA999999A", "AA 99 99 99 A", "AA 999999 A", "AA-99-99-99-A"],
        &[],
        europe::uk_national_insurance,
    ),
    national(
        &["nhs", "nhs number"],
        &[],
        &["9999999999", "999 999 9999", "999-999-9999"],
        europe::uk_health,
    ),
    // Germany: Steuer-Identifikationsnummer, Rentenversicherungsnummer.
    national(
        &[
            "steuer-id",
            "steuer id",
            "steueridentifikationsnummer",
            "steuernummer",
            "steuerid",
            "steuerliche identifikationsnummer",
            "idnr",
        ],
        &[],
        &["99999999999", "99 999 999 999"],
        europe::german_tax,
    ),
    national(
        &[
            "rentenversicherungsnummer",
            "sozialversicherungsnummer",
            "versicherungsnummer",
            "rvnr",
            "sv-nummer",
        ],
        &["99999999A999", "99 999999 A 999", "99-999999-A-999"],
        &[],
        europe::german_pension,
    ),
    // France: numéro de sécurité sociale.
    national(
        &[
            "nir",
            "sécurité sociale",
            "securite sociale",
            "numéro de sécurité sociale",
        ],
        &[
            "999999999999999",
            "9 99 99 99 999 999 99",
            "9 99 99 9A 999 999 99",
            "999999A99999999",
            "9999999999999 99",
        ],
        &[],
        europe::french_social_security,
    ),
    // Spain: DNI, NIE.
    national(
        &["dni", "nie"],
        &[
            "99999999A",
            "99999999-A",
            "99.999.999-A",
            "A9999999A",
            "A-9999999-A",
            "A-9999999A",
        ],
        &["99999999 A"],
        europe::spanish,
    ),
    // Italy: codice fiscale.
    national(
        &["codice fiscale"],
        &["AAAAAA99A99A999A", "AAA AAA 99A99 A999A"],
        &[],
        europe::italian_tax,
    ),
    // Netherlands: burgerservicenummer.
    national(
        &["bsn", "burgerservicenummer", "sofinummer"],
        &[],
        &["999999999", "9999.99.999", "9999 99 999", "999 999 999"],
        europe::dutch_citizen_service,
    ),
    // Belgium: rijksregisternummer.
    national(
        &[
            "rijksregisternummer",
            "insz",
            "registre national",
            "numéro national",
            "nrn",
        ],
        &[
            "99.99.99-999.99",
            "99999999999",
            "999999-999-99",
            "999999 999 99",
        ],
        &[],
        europe::belgian_national,
    ),
    // Poland: PESEL.
    national(&["pesel"], &[], &["99999999999"], europe::polish),
    // Brazil: CPF.
    national(
        &["cpf"],
        &["999.999.999-99", "999999999-99"],
        &["99999999999"],
        elsewhere::brazilian,
    ),
    // Sweden: personnummer.
    national(
        &["personnummer", "samordningsnummer", "personnr"],
        &[],
        &[
            "9999999999",
            "999999999999",
            "999999-9999",
            "999999+9999",
            "99999999-9999",
            "999999 9999",
            "99999999 9999",
        ],
        europe::swedish,
    ),
    national(
        &[],
        &["999999-9999", "999999+9999", "99999999-9999"],
        &[],
        europe::swedish_alone,
    ),
    // India: Aadhaar, permanent account number.
    national(
        &["aadhaar", "aadhar", "uidai", "आधार"],
        &[],
        &["999999999999", "9999 9999 9999", "9999-9999-9999"],
        elsewhere::indian_aadhaar,
    ),
    national(
        &["pan", "pan card", "pan number", "permanent account number"],
        &[],
        &["AAAAA9999A"],
        elsewhere::indian_account,
    ),
    // China: resident identity number.
    national(
        &["身份证", "身份证号", "resident identity"],
        &["999999999999999999", "99999999999999999A"],
        &[],
        elsewhere::chinese,
    ),
    // Finland: henkilötunnus.
    national(
        &["hetu", "henkilötunnus", "henkilotunnus"],
        &[],
        &[
            "999999-999A",
            "999999A999A",
            "999999-9999",
            "999999A9999",
            "999999+999A",
            "999999+9999",
        ],
        europe::finnish,
    ),
    national(
        &[],
        &[
            "999999-999A",
            "999999A999A",
            "999999-9999",
            "999999A9999",
            "999999+999A",
            "999999+9999",
        ],
        &[],
        europe::finnish_alone,
    ),
    // Norway: fødselsnummer.
    national(
        &["fødselsnummer", "fodselsnummer", "fnr"],
        &["99999999999", "999999 99999", "999999-99999"],
        &[],
        europe::norwegian,
    ),
    // Denmark: CPR-nummer.
    national(
        &["cpr", "cpr-nummer", "cpr-nr", "cpr number"],
        &[],
        &["999999-9999", "9999999999", "999999 9999"],
        europe::danish,
    ),
    // Canada: social insurance number.
    national(
        &["social insurance number", "assurance sociale", "sin"],
        &[],
        &["999 999 999", "999-999-999", "999999999"],
        elsewhere::canadian,
    ),
    // Korea: resident registration number.
    national(
        &["주민등록번호", "resident registration number", "rrn"],
        &["999999-9999999"],
        &["9999999999999"],
        elsewhere::korean,
    ),
    // Switzerland: AHV-Nummer.
    national(
        &["ahv", "avs", "ahv-nr", "ahv-nummer"],
        &["999.9999.9999.99", "9999999999999"],
        &[],
        europe::swiss,
    ),
    // Austria: Sozialversicherungsnummer.
    national(
        &["svnr", "sozialversicherung", "e-card"],
        &[],
        &["9999 999999", "9999999999", "9999-999999"],
        europe::austrian,
    ),
    // Romania: cod numeric personal.
    national(
        &["cnp", "cod numeric personal"],
        &[],
        &["9999999999999"],
        europe::romanian,
    ),
    // Turkey: T.C. kimlik numarası.
    national(
        &["tckn", "tc kimlik", "t.c. kimlik", "kimlik no"],
        &[],
        &["99999999999"],
        europe::turkish,
    ),
    // Croatia: OIB.
    national(&["oib"], &[], &["99999999999"], europe::croatian),
    // Estonia and Lithuania: personal codes.
    national(
        &["isikukood", "asmens kodas"],
        &[],
        &["99999999999"],
        europe::baltic,
    ),
    // Mexico: CURP.
    national(
        &["curp"],
        &["AAAA999999AAAAAA99", "AAAA999999AAAAAAA9"],
        &[],
        elsewhere::mexican,
    ),
    // Ireland: personal public service number.
    national(
        &["pps", "ppsn", "pps number"],
        &[],
        &["9999999A", "9999999AA"],
        europe::irish,
    ),
    // Czechia and Slovakia: rodné číslo.
    national(
        &["rodné číslo", "rodne cislo", "birth number"],
        &[],
        &["999999/9999", "999999/999", "9999999999"],
        europe::czech,
    ),
    // Portugal: número de identificação fiscal.
    national(
        &["nif", "contribuinte", "identificação fiscal"],
        &[],
        &["999999999", "999 999 999"],
        europe::portuguese,
    ),
    // South Africa: identity number.
    national(
        &["south african id", "rsa id", "sa id"],
        &[],
        &["9999999999999", "999999 9999 999"],
        elsewhere::south_african,
    ),
    // Australia: tax file number.
    national(
        &["tfn", "tax file number"],
        &[],
        &["999999999", "999 999 999"],
        elsewhere::australian_tax,
    ),
];
