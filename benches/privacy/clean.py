"""Lines of agents without personal data: commits, tests, code, logs, tasks, traces."""

import json
import random
import string


class Clean:
    def __init__(self, seed):
        self.c = random.Random(seed * 7919)
        self.makers = [getattr(self, name) for name in dir(self) if name.startswith("line_")]

    def line(self):
        return self.c.choice(self.makers)()

    def n(self, least, most):
        return self.c.randrange(least, most + 1)

    def hex(self, count):
        return "".join(self.c.choice("0123456789abcdef") for _ in range(count))

    def uuid(self):
        h = self.hex(32)
        return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{h[16:20]}-{h[20:]}"

    def word(self):
        return self.c.choice(
            "parser socket bus index vault presence router config token search cache layer stream "
            "ledger room event dashboard lease cursor digest manifest worker shard batch".split()
        )

    def path(self):
        ext = self.c.choice(("rs", "py", "ts", "md", "sql", "toml"))
        return f"{self.c.choice(('src', 'tests', 'lib', 'benches'))}/{self.word()}/{self.word()}_{self.word()}.{ext}"

    def version(self):
        return f"{self.n(0, 30)}.{self.n(0, 40)}.{self.n(0, 30)}"

    def stream(self):
        return f"{self.n(1700000000000, 1799999999999)}-{self.n(0, 99999)}"

    def session(self):
        return f"leitl-{self.c.choice(('cece', 'claude', 'codex', 'ada', 'bot'))}-{''.join(self.c.choice(string.ascii_lowercase + string.digits) for _ in range(self.n(6, 10)))}"

    def day(self):
        return f"{self.n(2019, 2027)}-{self.n(1, 12):02}-{self.n(1, 28):02}"

    def time(self):
        return f"{self.n(0, 23):02}:{self.n(0, 59):02}:{self.n(0, 59):02}"

    def stamp(self):
        return f"{self.day()}T{self.time()}{self.c.choice(('Z', '.123Z', '+02:00', '.123456789Z', '-0500'))}"

    # Git
    def line_commit(self):
        return f"{self.hex(self.c.choice((7, 8, 10, 12, 40)))} {self.word().title()}: handle {self.word()} in {self.path()} (#{self.n(1, 99999)})"

    def line_trailer(self):
        return self.c.choice(
            (
                "Co-Authored-By: Claude <noreply@anthropic.com>",
                f"git clone git@github.com:acme/{self.word()}.git",
                f"origin\tssh://git@github.com/acme/{self.word()}.git (fetch)",
            )
        )

    def line_diffstat(self):
        return f" {self.path()} | {self.n(1, 4000)} {'+' * self.n(1, 20)}{'-' * self.n(0, 9)}\n {self.n(1, 90)} files changed, {self.n(1, 9999)} insertions(+), {self.n(1, 9999)} deletions(-)"

    def line_hunk(self):
        return f"@@ -{self.n(1, 999)},{self.n(1, 99)} +{self.n(1, 999)},{self.n(1, 99)} @@ fn {self.word()}()\n-    let limit = {self.n(1, 10**9)};\n+    let limit = {self.n(1, 10**10)};"

    def line_index(self):
        return f"index {self.hex(7)}..{self.hex(7)} 100644"

    # Tests and builds
    def line_test(self):
        return f"test {self.word()}::{self.word()}::tests::{self.word()}_is_{self.word()} ... ok"

    def line_result(self):
        return f"test result: ok. {self.n(1, 2000)} passed; 0 failed; {self.n(0, 9)} ignored; finished in {self.n(0, 99)}.{self.n(0, 99):02}s"

    def line_pytest(self):
        return f"{self.path()}::test_{self.word()}[{self.n(1, 99)}-{self.n(100, 9999)}-{self.hex(8)}] PASSED [{self.n(1, 100):3}%]"

    def line_cargo(self):
        return f"   Compiling {self.word()}-{self.word()} v{self.version()} ({self.n(1, 400)}/{self.n(401, 600)})"

    def line_npm(self):
        return f"added {self.n(1, 2000)} packages in {self.n(1, 90)}s: {self.word()}@{self.version()}, @types/node@{self.version()}, {self.word()}@^{self.version()}"

    def line_clippy(self):
        return f"warning: unused variable: `{self.word()}`\n  --> {self.path()}:{self.n(1, 3000)}:{self.n(1, 120)}"

    def line_bench(self):
        return f"{self.word()}/{self.n(1, 4096)}  time: [{self.n(1, 999)}.{self.n(0, 9999):04} µs {self.n(1, 999)}.{self.n(0, 9999):04} µs {self.n(1, 999)}.{self.n(0, 9999):04} µs] thrpt: {self.n(10**6, 10**9)} elem/s"

    def line_docker(self):
        return f"#{self.n(1, 20)} {self.n(0, 99)}.{self.n(0, 9)} Pulled sha256:{self.hex(64)} {self.n(1, 900)}.{self.n(0, 99)}MB / {self.n(1, 900)}MB"

    # Versions
    def line_four(self):
        v = lambda: f"{self.n(1, 20)}.{self.n(0, 60)}.{self.n(0, 9999) % 250}.{self.n(0, 200)}"
        return self.c.choice(
            (
                f"Bump Grpc.Tools from {v()} to {v()}",
                f"upgraded to version {v()}",
                f"Chrome/{self.n(100, 140)}.0.0.0 Safari/537.36",
                f"release v{v()}",
                f"installed package-{v()}-x86_64.rpm",
                f"System.Text.Json=={v()}",
                f"the driver version is {v()}",
                f"see section {v()} of the specification",
                f'AssemblyVersion("{v()}")',
                f"OID 1.3.6.1.4.1.{self.n(1, 99999)}.{self.n(1, 9)}",
                f"pinned to {v()} until the upgrade",
                f"libssl_{v()}-1ubuntu2_amd64.deb",
            )
        )

    def line_semver(self):
        return f"{self.word()} {self.version()}-rc.{self.n(1, 9)}+build.{self.n(1, 99999999)} -> {self.version()}"

    # Ours
    def line_event(self):
        return json.dumps(
            {
                "id": self.stream(),
                "event_type": self.c.choice(("task.started", "task.progress", "broadcast.message")),
                "session_id": self.session(),
                "timestamp": self.stamp(),
                "data": {"percent": self.n(0, 100), "task": f"{self.word()} {self.word()}"},
            }
        )

    def line_resume(self):
        return f"resume with since={self.stream()}, last was {self.stream()}"

    def line_session(self):
        return f"{self.session()} -> {self.session()}: {self.word()} done, see {self.path()}:{self.n(1, 900)}"

    def line_task(self):
        return f"{self.c.choice(('Fix', 'Review', 'Rewrite', 'Measure', 'Document'))} the {self.word()} {self.word()} so that {self.n(2, 10000)} sessions fit in {self.n(1, 900)} MB (issue #{self.n(1, 9999)})"

    def line_data(self):
        return {
            "task": f"{self.word()} {self.word()}",
            "files": [self.path(), self.path()],
            "commit": self.hex(40),
            "run_id": str(self.n(10**9, 10**11)),
            "sha256": self.hex(64),
            "started_at": self.stamp(),
            "trace": self.hex(32),
            "pid": str(self.n(1, 4194304)),
        }

    # Logs
    def line_log(self):
        return f"{self.stamp()} {self.c.choice(('INFO', 'WARN', 'ERROR', 'DEBUG'))} leitl::{self.word()}::{self.word()}: {self.word()} took {self.n(1, 99999)} µs id={self.n(10**8, 10**12)} bytes={self.n(0, 10**10)}"

    def line_syslog(self):
        return f"Nov {self.n(1, 28):2} {self.time()} build-{self.n(1, 99):02} kernel: [{self.n(1, 10**6)}.{self.n(0, 999999):06}] {self.word()}[{self.n(1, 65535)}]: exited {self.n(0, 255)}"

    def line_listen(self):
        return f"listening on {self.c.choice(('127.0.0.1', '0.0.0.0', '[::1]', '[::]', 'localhost'))}:{self.n(1024, 65535)}, mask 255.255.255.0, network 10.0.0.0/8"

    def line_nginx(self):
        return f'127.0.0.1 - - [18/Nov/2025:{self.time()} +0000] "GET /api/{self.word()}?id={self.n(1, 10**9)} HTTP/1.1" {self.c.choice((200, 404, 503))} {self.n(1, 10**7)}'

    def line_process(self):
        return f"root {self.n(1, 99999):>8} {self.n(0, 99)}.{self.n(0, 9)} {self.n(0, 9)}.{self.n(0, 9)} {self.n(1000, 9999999):>8} {self.n(1000, 999999):>7} ? Ssl {self.n(0, 23):02}:{self.n(0, 59):02} {self.n(0, 99)}:{self.n(0, 59):02} /usr/bin/{self.word()}"

    def line_epoch(self):
        return self.c.choice(
            (
                f"ts={self.n(1600000000, 1799999999)}",
                f"at {self.n(1600000000000, 1799999999999)} ms",
                f"nanos {self.n(16 * 10**17, 18 * 10**17 - 1)}",
                f"expires {self.n(1600000000, 1799999999)}.{self.n(0, 999999):06}",
            )
        )

    def line_backup(self):
        d = self.day().replace("-", "")
        t = self.time().replace(":", "")
        return self.c.choice(
            (
                f"backup-{d}-{t[:4]}.tar.gz",
                f"snapshot {d}-{t} kept",
                f"{d[2:]}-{t[:4]} nightly",
                f"{d}T{t}Z",
                f"rotated {d[2:]}/{t[:4]}",
                f"{d}{t}_add_{self.word()}.sql",
            )
        )

    # Traces and code
    def line_rust_trace(self):
        return f"thread '{self.word()}' ({self.n(1, 99999)}) panicked at {self.path()}:{self.n(1, 3000)}:{self.n(1, 99)}:\nindex out of bounds: the len is {self.n(1, 10**6)} but the index is {self.n(1, 10**6)}\n   {self.n(0, 30)}: 0x{self.hex(12)} - {self.word()}::{self.word()}::h{self.hex(16)}"

    def line_python_trace(self):
        return f'  File "/srv/app/{self.path()}", line {self.n(1, 3000)}, in {self.word()}\nKeyError: {self.n(1, 10**10)}'

    def line_java_trace(self):
        return f"\tat com.acme.{self.word()}.{self.word().title()}@{self.hex(8)}.run({self.word().title()}.java:{self.n(1, 999)})"

    def line_rust(self):
        return self.c.choice(
            (
                f'let {self.word()} = u64::from_str_radix("{self.hex(16)}", 16)?;',
                f"const LIMIT: usize = {self.n(1, 9999)}_{self.n(0, 999):03}_{self.n(0, 999):03};",
                f"assert_eq!({self.word()}.len(), {self.n(1, 99999)});",
                f"use std::{{fmt::Debug, net::Ipv4Addr}}; // fe::add, de::Error, abc::def",
                f'#[serde(rename = "{self.word()}")] pub {self.word()}: Option<u{self.c.choice((8, 16, 32, 64))}>,',
                f"Duration::from_millis({self.n(1, 10**7)})",
            )
        )

    def line_python(self):
        return self.c.choice(
            (
                f"@pytest.mark.parametrize('n', [{self.n(1, 99)}, {self.n(100, 999)}, {self.n(1000, 9999)}])",
                f"random.seed({self.n(1, 10**10)})",
                f"re.compile(r'^[a-z]{{{self.n(1, 9)},{self.n(10, 99)}}}@example$')",
                f"x = {self.c.random()}",
                f"np.zeros(({self.n(1, 9999)}, {self.n(1, 9999)}, {self.n(1, 9999)}))",
            )
        )

    def line_js(self):
        return self.c.choice(
            (
                f"export default {{ port: {self.n(1024, 65535)}, color: '#{self.hex(6)}' }}",
                f"import {{ x }} from '@acme/{self.word()}@{self.version()}'",
                f'<img src="icon@2x.png" width={self.n(1, 999)} height={self.n(1, 999)}>',
                f"this@{self.word().title()}Activity.finish()",
                f"setTimeout(run, {self.n(1, 10**6)})",
            )
        )

    def line_sql(self):
        return f"SELECT id FROM {self.word()} WHERE id IN ({self.n(1, 10**9)}, {self.n(1, 10**9)}) LIMIT {self.n(1, 999)} -- {self.n(1, 10**6)} rows, {self.n(1, 99)}.{self.n(0, 999):03} ms"

    # Tables of numbers
    def line_columns(self):
        return "  ".join(str(self.n(0, 9999)) for _ in range(self.n(4, 10)))

    def line_single_columns(self):
        return " ".join(str(self.n(1000, 9999)) for _ in range(self.n(5, 10)))

    def line_wc(self):
        return f"  {self.n(1, 9999)}  {self.n(1, 99999)} {self.n(1, 999999)} {self.path()}"

    def line_ls(self):
        return f"-rw-r--r-- 1 root root {self.n(1, 10**10)} Nov {self.n(1, 28):2} {self.time()[:5]} {self.path()}"

    def line_hexdump(self):
        return f"{self.n(0, 10**8):08} " + " ".join(self.hex(4) for _ in range(8))

    def line_bytes(self):
        return " ".join(f"{self.n(0, 99):02}" for _ in range(self.n(8, 16)))

    def line_hashes(self):
        return self.c.choice(
            (
                self.hex(32),
                self.hex(40),
                self.hex(64),
                self.uuid(),
                self.uuid().upper(),
                f"sha256-{self.hex(43)}=",
                f'etag "{self.hex(8)}-{self.hex(6)}"',
                f"trace {self.hex(32)}-{self.hex(16)}-01",
            )
        )

    def line_sizes(self):
        return f"{self.n(1, 999)}.{self.n(0, 9)} GB of {self.n(1, 10**13)} bytes, {self.n(1, 99)}%, +{self.n(1, 10**9)} -{self.n(1, 10**9)} in {self.n(1, 10**7)} blocks"

    def line_mac(self):
        return f"eth0 {':'.join(self.hex(2) for _ in range(6))} fingerprint {':'.join(self.hex(2) for _ in range(16))}"

    def line_float(self):
        return f"loss={self.c.random()} lr={self.c.random() / 1000:.12f} step={self.n(1, 10**7)} acc={self.c.random():.16f}"

    def line_place(self):
        return f"lat {self.n(-90, 90)}.{self.n(0, 10**6)}, lon {self.n(-180, 180)}.{self.n(0, 10**6)}; viewport {self.n(320, 3840)}x{self.n(320, 2160)}; mobile layout {self.n(320, 480)} px"

    def line_id(self):
        return self.c.choice(
            (
                f"job {self.n(10**9, 10**10)} queued",
                f"run id {self.n(10**10, 10**11 - 1)} finished",
                f"user_id={self.n(1, 10**9)}",
                f"order 4{self.n(10**8, 10**9 - 1)} shipped",
                f"snowflake {self.n(10**17, 2 * 10**18)}",
                f"toolu_01{self.hex(22)}",
                f"request req_{self.hex(24)}",
                f"build {self.n(1, 10**6)}.{self.n(1, 99)}",
                f"inode {self.n(10**6, 10**8)} dev {self.n(1, 255)},{self.n(1, 255)}",
            )
        )

    # About such data, without any
    def line_about(self):
        return self.c.choice(
            (
                "validate that the phone field has 10 digits and the e-mail has an @",
                "tokens start with ghp_ or sk-ant-, keys with AKIA",
                "never log `Authorization: Bearer <token>`",
                "DATABASE_URL=postgres://app:${DB_PASSWORD}@db:5432/app",
                'curl -H "Authorization: Bearer $LEITL_TOKEN" localhost:8000/api/leitl/status',
                "scheme://user:<password>@host is refused",
                'if text.starts_with("-----BEGIN PRIVATE KEY-----") { return Err(Secret) }',
                "the SSN validator rejects 9 digits",
                "IBAN check: mod 97",
                f"call {self.n(1, 99)} of tool {self.word()} took {self.n(1, 10**5)} ms",
                f"mobile build {self.n(1000, 99999)} passed",
                f"card component renders in {self.n(1, 99)} ms",
                f"phone mock returned {self.n(200, 503)}",
                "sk-learn-pipeline-for-the-search-index-of-2025",
                "PR adds e-mail login",
                f"telemetry: {self.n(1, 10**5)} spans",
                f"cell {self.n(1, 99)} of notebook executed in {self.n(1, 900)}s",
                "redis://default@cache.internal:6379/0",
                "the ping took 12 ms, 0% loss",
            )
        )

    def line_prose(self):
        return f"I {self.c.choice(('moved', 'tested', 'read', 'changed'))} the {self.word()} of the {self.word()}; {self.n(2, 400)} lines, {self.n(1, 30)} files. Next: {self.word()} ({self.n(1, 9)} of {self.n(10, 20)})."

    def line_ranges(self):
        return f"pages {self.n(1, 999)}-{self.n(1000, 9999)}, ports {self.n(1024, 9999)}-{self.n(10000, 65535)}, lines {self.n(1, 999)}-{self.n(1000, 2000)}, ISO week {self.n(2020, 2026)}-W{self.n(1, 52):02}, {self.day()}/{self.day()}"
