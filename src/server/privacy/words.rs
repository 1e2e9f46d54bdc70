//! The words that say what a number beside them is.
//!
//! In lower case. English first, then the languages whose numbers are known here.

use super::hints::Meaning;

/// The words of each meaning.
pub(super) const WORDS: [(&[&str], Meaning); 6] = [
    (PHONE, Meaning::Phone),
    (CALL, Meaning::Call),
    (CARD, Meaning::Card),
    (NATIONAL_ID, Meaning::NationalId),
    (ADDRESS, Meaning::Address),
    (VERSION, Meaning::Version),
];

/// Words for telephones.
#[rustfmt::skip]
const PHONE: &[&str] = &[
    "phone", "phone number", "telephone", "tel", "mobile", "cell", "cellphone", "fax",
    "whatsapp", "sms", "msisdn", "dial", "hotline", "voicemail", "call me", "call us",
    "call him", "call her", "call them", "call back", "called from", "calling from", "ring me",
    "text me", "text her", "text him", "reach me", "reach us", "reach him", "reach her",
    "reach them", "reached at", "contact number", "my number", "telefon", "telefonnummer",
    "rufnummer", "handy", "handynummer", "mobil", "mobilnummer", "telefono", "teléfono",
    "móvil", "cellulare", "téléphone", "tél", "telefone", "celular", "telefoon", "telefoonnummer",
    "mobiel", "puhelin", "puhelinnumero", "mobilnr", "komórka", "cep", "telefonszám", "телефон",
    "тел", "電話", "电话", "手机", "携帯", "전화",
];

/// Words that lead to a telephone number and to much else: agents call tools.
#[rustfmt::skip]
const CALL: &[&str] = &[
    "call", "calling", "contact", "reach", "ring", "text", "number", "number is", "nummer",
    "numéro", "número", "appeler", "llamar", "anrufen",
];

/// Words for payment cards.
#[rustfmt::skip]
const CARD: &[&str] = &[
    "card", "card number", "cardnumber", "credit card", "debit card", "creditcard", "visa",
    "mastercard", "maestro", "amex", "american express", "diners", "discover", "jcb",
    "unionpay", "kreditkarte", "kartennummer", "carte", "tarjeta", "carta di credito", "cartão",
    "karta", "kort",
];

/// Words for national numbers that name no state.
#[rustfmt::skip]
const NATIONAL_ID: &[&str] = &[
    "national id", "national identity", "national identification", "identity number",
    "identity card", "id card", "personal number", "personal id", "personal code",
    "personal identification", "citizen number", "citizen id", "tax id", "tax number",
    "taxpayer", "tax identification", "tin number", "social security", "social insurance",
    "personalausweis", "passport", "identificación", "identité",
];

/// Words beside the address of a machine.
#[rustfmt::skip]
const ADDRESS: &[&str] = &[
    "ip", "address", "addr", "host", "server", "peer", "client", "remote", "gateway", "subnet",
    "dns", "nameserver", "resolver", "ping", "ssh", "curl", "bind", "bound", "listen",
    "listening", "connect", "connected", "connection", "login", "logged in", "forwarded",
    "proxy", "node", "endpoint", "visitor", "request from", "requests from",
];

/// Words beside versions and the numbers of sections.
#[rustfmt::skip]
const VERSION: &[&str] = &[
    "version", "ver", "release", "released", "upgrade", "upgraded", "upgrading", "update",
    "updated", "downgrade", "downgraded", "bump", "bumped", "bumps", "pin", "pinned",
    "requires", "section", "chapter", "clause", "appendix", "oid", "firmware", "driver", "sdk",
    "build", "tag", "tagged", "package", "dependency", "installed", "installing", "nuget",
    "assembly", "rfc", "iso", "ecma", "spec", "specification", "standard",
];
