//! What `leitl redis-acl` prints is enough for everything that the other tests do,
//! since their servers have no more; and it is not more than that.

use redis::{FromRedisValue, Value as Answer, aio::MultiplexedConnection};
use serde_json::{Value, json};

use crate::{
    context_source::Source,
    external_redis::ExternalRedis,
    redis_users::{self, PASSWORD},
    server::{Server, Setup, eventually},
    shared_folder::SharedFolder,
    socket::assert_gapless,
};

/// Sends a command given by its words.
async fn send<T: FromRedisValue>(
    connection: &mut MultiplexedConnection,
    command: &str,
) -> redis::RedisResult<T> {
    let mut words = command.split(' ');
    redis::cmd(words.next().unwrap())
        .arg(words.collect::<Vec<_>>())
        .query_async(connection)
        .await
}

#[tokio::test]
async fn all_else_is_refused() {
    let redis = ExternalRedis::start().await;
    let mut admin = redis.connection().await;
    for key in ["leitl2:k", "leitl", "other:k"] {
        send::<()>(&mut admin, &format!("SET {key} secret"))
            .await
            .unwrap();
    }
    let client = redis::Client::open(redis.url()).unwrap();
    let mut ours = client.get_multiplexed_async_connection().await.unwrap();
    send::<()>(&mut ours, "SET leitl:k v").await.unwrap();
    send::<()>(&mut ours, "PUBLISH leitl:events:{default} v")
        .await
        .unwrap();
    for command in [
        "SCAN 0",
        "KEYS *",
        "KEYS leitl:*",
        "RANDOMKEY",
        "DBSIZE",
        "FLUSHALL",
        "FLUSHDB",
        "SELECT 1",
        "SWAPDB 0 1",
        "CONFIG GET *",
        "INFO",
        "MONITOR",
        "CLIENT LIST",
        "CLIENT KILL TYPE normal",
        "ACL LIST",
        "ACL SETUSER leitl +@all",
        "SHUTDOWN",
        "SAVE",
        "REPLICAOF NO ONE",
        "EVAL return(1) 0",
        "FUNCTION LIST",
        "SCRIPT FLUSH",
        "PSUBSCRIBE *",
        "GET other:k",
        "GET leitl2:k",
        "GET leitl",
        "SET leitl2:k v",
        "UNLINK other:k",
        "COPY other:k leitl:k2",
        "RENAME leitl:k other:k2",
        "PUBLISH leitl2:events:{default} v",
        "SUBSCRIBE leitl2:events:{default}",
    ] {
        let answer = send::<Answer>(&mut ours, command).await;
        let error = answer.expect_err(command);
        assert_eq!(error.code(), Some("NOPERM"), "{command}: {error}");
    }
    // A script may do no more than who runs it.
    for script in [
        "return redis.call('KEYS', '*')",
        "return redis.call('GET', 'other:k')",
    ] {
        let hash: String = redis::cmd("SCRIPT")
            .arg(&["LOAD", script])
            .query_async(&mut ours)
            .await
            .unwrap();
        let ran = send::<Answer>(&mut ours, &format!("EVALSHA {hash} 0")).await;
        let error = ran.expect_err(script).to_string();
        // As Redis 7.0 and as later ones put it.
        let refused = ["executing the script can't", "ACL failure in script"];
        assert!(
            refused.iter().any(|words| error.contains(words)),
            "{script}: {error}"
        );
    }
    assert_eq!(send::<String>(&mut ours, "GET leitl:k").await.unwrap(), "v");
    // It was this test that tried.
    send::<()>(&mut admin, "ACL LOG RESET").await.unwrap();
}

/// Both on one Redis and one data directory, so that a token of one is a token of the
/// other: their namespaces alone must keep them apart, of which one begins with the
/// other.
struct Installations {
    redis: ExternalRedis,
    ours: Server,
    theirs: Server,
}

impl Installations {
    async fn start(setup: Setup) -> Self {
        let redis = ExternalRedis::start().await;
        let printed = redis_users::rules(&["--namespace", "leitl2", "--user", "neighbour"]);
        send::<()>(&mut redis.connection().await, printed.trim_end())
            .await
            .unwrap();
        let neighbour = redis.url_for(&format!("user=neighbour&pass={PASSWORD}"));
        let theirs = setup
            .clone()
            .redis(&neighbour)
            .with("LEITL_REDIS__NAMESPACE", "leitl2");
        Self {
            ours: setup.redis(&redis.url()).start().await,
            theirs: theirs.start().await,
            redis,
        }
    }
}

/// The same id at both.
fn cece() -> Value {
    json!({"agent_name": "Cece", "agent_type": "t", "session_id": "leitl-cece-own"})
}

fn types(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["event_type"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn two_installations_on_one_redis_do_not_meet() {
    let setup = Setup::new().with("LEITL_CONTEXT__ALLOWED_NETWORKS", "127.0.0.0/8");
    let Installations {
        redis: _redis,
        ours,
        theirs,
    } = Installations::start(setup).await;
    let ann = ours.user("ann").await;
    let neighbour = ann.at(&theirs.url);
    let (mut here, mut there) = (ann.observe().await, neighbour.observe().await);

    // Sessions and events.
    let our_cece = ann.register_as(cece()).await;
    our_cece
        .broadcast("broadcast.message", json!({"text": "ours"}))
        .await;
    assert_eq!(neighbour.active().await, [] as [Value; 0]);
    assert_eq!(neighbour.activity().await, [] as [Value; 0]);
    assert_eq!(neighbour.get("messages").await.ok()["messages"], json!([]));
    let their_cece = neighbour.register_as(cece()).await;
    their_cece.broadcast("x.theirs", json!({})).await;
    // Rate limits: the first was the message.
    for _ in 1..10 {
        our_cece.broadcast("x.ours", json!({})).await;
    }
    let more = json!({"event_type": "x.ours"});
    our_cece.client.post("broadcast", more).await.problem(429);
    their_cece.broadcast("x.theirs", json!({})).await;
    our_cece.client.post("session/end", json!({})).await.ok();
    their_cece.heartbeat().await;

    let expected = ["session.started", "x.theirs", "x.theirs"];
    assert_eq!(types(&there.stored_events(3).await), expected);
    assert_eq!(types(&neighbour.activity().await), expected);
    let heard = here.stored_events(12).await;
    assert_eq!(heard, ann.activity().await);
    assert_gapless(0, &heard);

    // Sources and what was read from them.
    let folder = SharedFolder::start().await;
    folder.put("a.md", "about zebras").await;
    let source = json!({
        "name": "Notes", "url": folder.url(), "auth": "bearer", "token": folder.password(),
    });
    Source::add(&ann, source).await;
    let found = |answer: Value| answer["total_matches"].as_u64().unwrap();
    assert_eq!(found(ann.get("context?query=zebras").await.ok()), 1);
    assert_eq!(found(neighbour.get("context?query=zebras").await.ok()), 0);
    let names_it = |answer: Value| answer.to_string().contains("Notes");
    assert!(names_it(ann.get("sources").await.ok()));
    assert!(!names_it(neighbour.get("sources").await.ok()));

    // Tokens that were revoked.
    let made = ann.post("token", json!({"name": "laptop"})).await.ok();
    let laptop = ours.client(made["token"].as_str().unwrap());
    ann.post("tokens/revoke", json!({"jti": made["jti"]}))
        .await
        .ok();
    laptop.get("sessions/active").await.problem(401);
    laptop.at(&theirs.url).get("sessions/active").await.ok();
}

#[tokio::test]
async fn each_installation_sweeps_its_own_sessions() {
    let setup = Setup::new().silence(1, 3);
    let Installations {
        redis,
        ours,
        theirs,
    } = Installations::start(setup).await;
    let ann = ours.user("ann").await;
    let neighbour = ann.at(&theirs.url);
    let (mut here, mut there) = (ann.observe().await, neighbour.observe().await);
    let their_cece = neighbour.register_as(cece()).await;
    let mut beating = their_cece.join().await;
    ann.register_as(cece()).await;
    let ended = tokio::select! {
        ended = here.event("session.ended") => ended,
        never = beating.beat_forever() => never,
    };
    assert_eq!(ended["data"]["reason"], "timeout");
    assert_eq!(neighbour.active().await.len(), 1);
    drop(beating);
    there.event("session.ended").await;
    let mut admin = redis.connection().await;
    eventually("both hold a lease of their own", async || {
        let ours: Option<String> = send(&mut admin, "GET leitl:lease:sweep").await.unwrap();
        let theirs: Option<String> = send(&mut admin, "GET leitl2:lease:sweep").await.unwrap();
        (ours? != theirs?).then_some(())
    })
    .await;
}
