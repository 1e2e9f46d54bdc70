//! The scanner as its users see it. Values are invented, or those of documentation.

use serde_json::{Map, Value, json};

use super::{
    Found, Mode, Scanner,
    kind::{Kind, Personal, Secret},
};

fn scanner() -> Scanner {
    Scanner::new(Mode::Redact).unwrap()
}

/// What a text becomes.
fn stored(scanner: &Scanner, text: &str) -> String {
    match scanner.scan(text) {
        Found::Clean => text.to_owned(),
        Found::Redacted { text, .. } => text,
        Found::Refused { kind } => format!("refused: {kind}"),
    }
}

fn become_(pairs: &[(&str, &str)]) {
    let scanner = scanner();
    for (text, expected) in pairs {
        assert_eq!(stored(&scanner, text), *expected, "{text}");
    }
}

fn stay(texts: &[&str]) {
    let scanner = scanner();
    for text in texts {
        assert_eq!(stored(&scanner, text), *text);
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("no object: {other}"),
    }
}

#[test]
fn addresses_of_people_are_replaced() {
    become_(&[
        ("ask ada@example.com.", "ask [email]."),
        ("<Ada.L+x@mail.example.co.uk>", "<[email]>"),
        ("müller@bücher.example", "[email]"),
        ("邮箱ada@example.com。", "邮箱[email]。"),
        ("?to=ada%40example.com&n=1", "?to=[email]&n=1"),
        ("mailto:ada@example.com", "mailto:[email]"),
    ]);
}

#[test]
fn what_only_looks_like_an_email_address_stays() {
    stay(&[
        "git@github.com:acme/room.git",
        "Co-Authored-By: Claude <noreply@anthropic.com>",
        "@types/node@20.1.1 and lodash@4.17.21",
        "icon@2x.png",
        "getty@tty1.service",
        "this@MainActivity.finish()",
        "at com.acme.Vault@cc4f5b41.run(Vault.java:7)",
        "redis://default@cache.internal:6379/0",
        "@pytest.mark.parametrize",
    ]);
}

#[test]
fn addresses_of_machines_are_replaced() {
    become_(&[
        ("login from 203.0.113.9.", "login from [ip]."),
        ("http://192.168.0.12:8080/", "http://[ip]:8080/"),
        ("10.1.2.3/32", "[ip]/32"),
        ("10.1.2.3-10.1.2.9", "[ip]-[ip]"),
        (
            "connect to 2001:db8::8a2e:370:7334: timeout",
            "connect to [ip]: timeout",
        ),
        ("[fe80::1ff:fe23:4567:890a%eth0]:80", "[[ip]%eth0]:80"),
        ("::ffff:198.51.100.7", "[ip]"),
        ("client 1.2.3.4 left", "client [ip] left"),
        (
            "new version on host 31.12.250.77",
            "new version on host [ip]",
        ),
        ("8f3a:5537:f228:b7b:1657:9235:afb7:7f0b", "[ip]"),
    ]);
}

#[test]
fn versions_loopback_masks_networks_and_paths_stay() {
    stay(&[
        "127.0.0.1:8000 ::1 0.0.0.0 [::]:80 255.255.255.0 224.0.0.251",
        "network 10.0.0.0/8, fd00::/8",
        "upgraded to version 31.12.250.77",
        "the host runs version 31.12.250.77",
        "dpkg (1.4.1.14) unstable",
        "Chrome/120.0.0.0 Safari/537.36",
        "Package==8.0.140.200 v1.2.3.4 lib-99.88.77.66 1.2.5.1-2",
        "see section 35.2.71.4 and §11.3.5.3",
        "OID 1.3.6.1.4.1.311",
        "std::fmt, de::ad, fe::add, 12:00:00, a1:b2:c3:d4:e5:f6",
        "de:ad:be:ef:00:11:22:33",
    ]);
}

#[test]
fn cards_are_replaced() {
    become_(&[
        ("paid with 4111 1111 1111 1111", "paid with [card]"),
        ("5555-5555-5555-4444 12/27", "[card] 12/27"),
        ("378282246310005", "[card]"),
        ("{\"n\":\"6011111111111117\"}", "{\"n\":\"[card]\"}"),
        ("4111\u{a0}1111\u{a0}1111\u{a0}1111", "[card]"),
        ("Visa card 4222222222222", "Visa card [card]"),
    ]);
    stay(&[
        "card 4111 1111 1111 1112",
        "card 1111111111111117",
        "4222222222222",
    ]);
}

#[test]
fn account_numbers_are_replaced() {
    become_(&[
        ("IBAN DE89370400440532013000.", "IBAN [iban]."),
        ("GB29 NWBK 6016 1331 9268 19 and", "[iban] and"),
        ("to nl91abna0417164300", "to [iban]"),
        ("DE89 370400440532013000", "[iban]"),
    ]);
    stay(&["DE88370400440532013000", "XX89370400440532013000"]);
}

/// One number of each kind that has a form of its own, with one digit changed.
#[test]
fn national_numbers_need_their_check_digits() {
    for (number, wrong) in [
        ("123-45-6789", "000-45-6789"),
        ("AB123456C", "QQ123456C"),
        ("529.982.247-25", "529.982.247-26"),
        ("12345678Z", "12345678A"),
        ("X1234567L", "X1234567M"),
        ("RSSMRA85T10A562S", "RSSMRA85T10A562T"),
        ("131052-308T", "131052-308U"),
        ("811218-9876", "811218-9875"),
        ("11010519491231002X", "110105194912310021"),
        ("756.9217.0769.85", "756.9217.0769.84"),
        ("85.07.30-033.28", "85.07.30-033.29"),
        ("255081416802538", "255081416802539"),
        ("15070649C103", "15070649C104"),
    ] {
        become_(&[(number, "[national id]")]);
        stay(&[wrong]);
    }
}

#[test]
fn what_only_looks_like_a_national_number_stays() {
    become_(&[("+85073003328", "[phone]")]);
    stay(&[
        // Right check digits, but a date and a time, as in names of files.
        "nightly 251118-1212 and 250522-1057",
        "object 12345678z",
    ]);
}

#[test]
fn national_numbers_without_a_form_of_their_own_need_a_word() {
    for (number, word) in [
        ("44051401359", "PESEL"),
        ("111222333", "BSN"),
        ("86095742719", "Steuer-ID"),
        ("234123412346", "Aadhaar"),
        ("046 454 286", "social insurance number"),
        ("10000000146", "TC kimlik no"),
        ("1800101221144", "CNP"),
        ("736028/5163", "rodné číslo"),
        ("1234567T", "PPS number"),
        ("943 476 5919", "NHS number"),
    ] {
        stay(&[number]);
        become_(&[
            (
                &format!("{word}: {number}"),
                &format!("{word}: [national id]"),
            ),
            (
                &format!("{number} ({word})"),
                &format!("[national id] ({word})"),
            ),
        ]);
    }
}

#[test]
fn what_is_named_a_national_number_is_believed() {
    become_(&[
        ("SSN 000-12-3456", "SSN [national id]"),
        (
            "national id: 7-8104-24368-81-1",
            "national id: [national id]",
        ),
        ("passport number X12345678", "passport number [national id]"),
    ]);
}

#[test]
fn telephone_numbers_are_replaced() {
    become_(&[
        ("ring +49 (0) 30 901820 today", "ring [phone] today"),
        ("+14155552671", "[phone]"),
        ("(+358) 943518999", "[phone]"),
        ("(415) 555-2671 x12", "[phone]"),
        ("415-555-2671, 415.555.2671", "[phone], [phone]"),
        ("(030) 901820", "[phone]"),
        ("phone (030 901820)", "phone ([phone])"),
        ("01 23 45 67 89", "[phone]"),
        ("call me at 5550123456", "call me at [phone]"),
        ("Call 0151 496 0091", "Call [phone]"),
        ("我的手机是13800138000", "我的手机是[phone]"),
        ("Tel.: ０３０ ９０１８２０", "Tel.: [phone]"),
    ]);
}

#[test]
fn other_groups_of_digits_stay() {
    stay(&[
        "call 12345678 of tool grep took 1234567 µs",
        "1763467200123-42 1763467200123",
        "leitl-cece-abc123 leitl-ada-4111111111",
        "2025-11-18T12:00:00Z 20251118-120000 251118-1200 2025/11/18",
        "4012 8888 8888 1881 2000 3000",
        "550e8400-e29b-41d4-a716-446655440000",
        "4111111111111111.5 0.4111111111111111 id_4111111111111111",
        "@@ -415,555 +2671,12 @@",
        "+433827642 -877598862",
        "src/main.rs:4155:12 10:20:30",
        "00 01 02 03 04 05 06 07 08 09",
        "phone: 3.14159265",
        "phone added 2025-11-18 12:00",
        "call took 4096 8192 16384 bytes",
        "96 56 99 83 66 77 00 84 12 99 38 53 98 62 80",
    ]);
}

#[test]
fn secrets_are_refused_by_kind() {
    let scanner = scanner();
    let alphabet = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5kL7n";
    let part = |length: usize| alphabet.chars().cycle().take(length).collect::<String>();
    let upper = part(16).to_uppercase();
    for (text, secret) in [
        (format!("ghp_{}", part(36)), Secret::Token),
        (
            format!("token=github_pat_{}_{}", part(22), part(59)),
            Secret::Token,
        ),
        (format!("AKIA{upper}"), Secret::Token),
        (
            format!("aws_secret_access_key = \"{}\"", part(40)),
            Secret::Token,
        ),
        (format!("xoxb-123456789012-{}", part(24)), Secret::Token),
        (format!("sk_live_{}", part(24)), Secret::Token),
        (format!("AIza{}", part(35)), Secret::Token),
        (format!("sk-ant-api03-{}", part(60)), Secret::Token),
        (format!("sk-proj-{}", part(48)), Secret::Token),
        (format!("sk-{}", part(48)), Secret::Token),
        (
            format!("eyJ{}.eyJ{}.{}", part(20), part(20), part(43)),
            Secret::Token,
        ),
        (format!("Authorization: Bearer {}", part(32)), Secret::Token),
        (
            format!("-----BEGIN RSA PRIVATE KEY-----\\n{}", part(64)),
            Secret::PrivateKey,
        ),
        (
            format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{}", part(64)),
            Secret::PrivateKey,
        ),
        (
            "postgres://app:hunter2@db/app".to_owned(),
            Secret::UrlPassword,
        ),
        (
            "redis://:hunter2@10.0.0.5:6379".to_owned(),
            Secret::UrlPassword,
        ),
    ] {
        let found = scanner.scan(&format!("see {text} here"));
        let kind = Kind::Secret(secret);
        assert_eq!(found, Found::Refused { kind }, "{text}");
    }
}

#[test]
fn a_mention_of_secrets_is_none() {
    stay(&[
        "tokens start with ghp_, sk-ant- or AKIA",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "if text.contains(\"-----BEGIN PRIVATE KEY-----\") { refuse(); }",
        "postgres://app:${DB_PASSWORD}@db/app and scheme://user:<password>@host",
        "Authorization: Bearer $LEITL_TOKEN",
        "sk-learn-pipeline-for-the-index",
        "http://localhost:8080/@scope/pkg",
        "task-sk-1234",
    ]);
}

#[test]
fn a_redacted_text_is_clean() {
    let scanner = scanner();
    for kind in Personal::ALL {
        let text = format!("phone {0} SSN {0} card {0}", kind.placeholder());
        assert_eq!(scanner.scan(&text), Found::Clean, "{text}");
    }
}

#[test]
fn the_mode_decides() {
    let text = "ada@example.com";
    let with = |mode| Scanner::new(mode).unwrap();
    let kind = Kind::Personal(Personal::Email);
    assert_eq!(with(Mode::Reject).scan(text), Found::Refused { kind });
    assert_eq!(with(Mode::Off).scan(text), Found::Clean);
    let secret = "https://ada:hunter2@example.com/";
    assert_eq!(with(Mode::Off).scan(secret), Found::Clean);
    let kind = Kind::Secret(Secret::UrlPassword);
    assert_eq!(with(Mode::Reject).scan(secret), Found::Refused { kind });
}

#[test]
fn a_name_speaks_for_a_short_value_only() {
    let scanner = scanner();
    let long = "the field was read from the archive of the room, at offset 5550123456";
    assert_eq!(scanner.scan_field("phoneNote", long), Found::Clean);
    let short = scanner.scan_field("phoneNote", "5550123456");
    assert!(matches!(short, Found::Redacted { text, .. } if text == "[phone]"));
}

#[test]
fn all_strings_of_an_object_are_redacted_and_counted() {
    let mut data = object(json!({
        "note": "ada@example.com or bob@example.com",
        "customerPhone": "5550123456",
        "ids": {"ssn": ["123456789"]},
        "count": 4_111_111_111_111_111_u64,
        "ada@example.com": 1,
    }));
    let counts = scanner().scan_json(&mut data).unwrap();
    assert_eq!(
        Value::Object(data),
        json!({
            "note": "[email] or [email]",
            "customerPhone": "[phone]",
            "ids": {"ssn": ["[national id]"]},
            "count": 4_111_111_111_111_111_u64,
            "[email]": 1,
        })
    );
    assert_eq!(
        json!(counts),
        json!({"email": 3, "phone": 1, "national_id": 1})
    );
    assert_eq!(counts.of(Personal::Email), 3);
}

#[test]
fn members_whose_names_become_alike_are_kept() {
    let mut data = object(json!({"ada@example.com": 1, "bob@example.com": 2, "[email]": 3}));
    scanner().scan_json(&mut data).unwrap();
    assert_eq!(
        Value::Object(data),
        json!({"[email] 2": 1, "[email] 3": 2, "[email]": 3})
    );
}

#[test]
fn a_refusal_names_the_place_and_not_the_value() {
    let secret = "https://ada:hunter2@example.com/";
    for (data, pointer, in_name) in [
        (json!({"a/b": {"c~d": ["", secret]}}), "/a~1b/c~0d/1", false),
        (json!({"outer": {secret: 1}}), "/outer", true),
        (json!({"bob@example.com": secret}), "/[email]", false),
    ] {
        let refusal = scanner().scan_json(&mut object(data)).unwrap_err();
        assert_eq!(refusal.pointer, pointer);
        assert_eq!(refusal.in_name, in_name);
        assert_eq!(refusal.kind, Kind::Secret(Secret::UrlPassword));
        let words = refusal.to_string();
        assert!(words.contains("a password in a URL"), "{words}");
        assert!(
            !words.contains("hunter2") && !words.contains("bob"),
            "{words}"
        );
    }
}

/// Sixteen times the longest event. Were the work to grow with the square of its length,
/// it would take minutes; as it is, less than a second.
#[test]
fn hostile_texts_are_scanned_in_time() {
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);
    let scanner = scanner();
    for piece in [
        "1",
        "1 ",
        "1.1.1.1-",
        "a:",
        "::",
        "@",
        "a@a",
        "%40",
        "eyJ.",
        "eyJaaaaaaaaaaaa.",
        "://:",
        "SSN1 ",
        "tel 1 ",
        "0 (",
        "+1(",
        "DE12 ",
        "123456789 ",
        "Bearer a",
        "phone 123456 ",
        "x@",
        "PRIVATE KEY-----",
    ] {
        let text = piece.repeat((256 << 10) / piece.len());
        let started = std::time::Instant::now();
        std::hint::black_box(scanner.scan(&text));
        assert!(started.elapsed() < PATIENCE, "{piece:?}");
    }
}
