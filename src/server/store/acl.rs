//! The least that a user of Redis must be allowed to do for this server.
//!
//! Tests run under it, and one here holds the list against the texts of the store:
//! a command that is forgotten would be an error in production.

/// Every command that the store and its scripts send. None of them shows a key of
/// another namespace; `SCAN` and `RANDOMKEY` would, whatever keys a user may touch.
#[rustfmt::skip]
const COMMANDS: &[&str] = &[
    "copy", "del", "evalsha", "exec", "exists", "get", "hdel", "hexists", "hget",
    "hgetall", "hincrby", "hkeys", "hmget", "hscan", "hset", "hsetnx", "hvals", "lindex",
    "lpush", "ltrim", "mget", "multi", "persist", "pexpire", "ping", "publish", "rename",
    "sadd", "script|load", "set", "smembers", "srem", "subscribe", "time", "unlink",
    "unsubscribe", "xadd", "xrange", "xrevrange", "xtrim", "zadd", "zcard", "zrange",
    "zrangebyscore", "zrem", "zremrangebyscore", "zscore",
];

/// The rules of `ACL SETUSER` for a namespace: its keys, its channels, these commands.
/// `database` says whether a URL chooses one, which is a command as well.
pub fn rules(namespace: &str, database: bool) -> Vec<String> {
    let mut rules = vec![
        "resetkeys".to_owned(),
        format!("~{namespace}:*"),
        "resetchannels".to_owned(),
        format!("&{namespace}:*"),
        "-@all".to_owned(),
    ];
    let select = database.then_some("select");
    rules.extend(
        COMMANDS
            .iter()
            .copied()
            .chain(select)
            .map(|name| format!("+{name}")),
    );
    rules
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        fs,
        path::{Path, PathBuf},
    };

    use regex::Regex;

    use super::*;

    /// What is sent by other means than `cmd("…")` and `redis.call('…')`: scripts,
    /// `atomic()`, subscriptions.
    const UNWRITTEN: [&str; 6] = [
        "evalsha",
        "script|load",
        "multi",
        "exec",
        "subscribe",
        "unsubscribe",
    ];

    /// What needs no permission, or is sent to sentinels alone.
    const FREE: [&str; 2] = ["hello", "sentinel"];

    fn texts(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                texts(&path, found);
            } else {
                found.push(path);
            }
        }
    }

    #[test]
    fn lists_what_the_store_sends_and_no_more() {
        let mut files = Vec::new();
        let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server/store");
        texts(&store, &mut files);
        let pattern = Regex::new(r#"\b(?:cmd|call)\(\s*["']([A-Z]+)["']"#).unwrap();
        let mut sent: BTreeSet<String> = UNWRITTEN.map(str::to_owned).into();
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            sent.extend(
                pattern
                    .captures_iter(&text)
                    .map(|found| found[1].to_lowercase()),
            );
        }
        assert!(sent.len() > 30, "{sent:?}");
        for name in FREE {
            sent.remove(name);
        }
        let listed: BTreeSet<String> = COMMANDS.iter().map(|name| name.to_string()).collect();
        assert_eq!(listed, sent);
        assert!(COMMANDS.is_sorted());
    }

    #[test]
    fn the_rules_are_those_of_acl_setuser() {
        let rules = rules("leitl", false).join(" ");
        assert!(
            rules.starts_with("resetkeys ~leitl:* resetchannels &leitl:* -@all +copy +del "),
            "{rules}"
        );
        for refused in ["+@", "allkeys", "+scan", "+keys", "+select", "+flushall"] {
            assert!(!rules.contains(refused), "{refused}");
        }
        assert!(super::rules("leitl", true).join(" ").ends_with(" +select"));
    }
}
