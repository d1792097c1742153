"""domain.log_patterns: known failures in the words of common runtimes, drivers and servers, and look-alikes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubetriage.domain.log_patterns import PATTERNS, Sign
from kubetriage.domain.log_signs import last_sign
from kubetriage.domain.log_stems import STEMS

WORDINGS: dict[Sign, list[tuple[str, dict[str, str]]]] = {
    Sign.REFUSED: [
        ("org.postgresql.util.PSQLException: Connection to db:5432 refused. Check that the hostname and port are "
         "correct", {"host": "db", "port": "5432"}),
        ("com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure", {}),
        ("WARN [Producer clientId=p-1] Connection to node -1 (kafka/10.96.3.4:9092) could not be established. "
         "Broker may not be available.", {"host": "kafka", "port": "9092"}),
        ("ERROR [AdminClient] Bootstrap broker kafka:9092 (id: -1 rack: null) disconnected",
         {"host": "kafka", "port": "9092"}),
        ("[error] 31#31: *7 no live upstreams while connecting to upstream, client: 10.0.0.9", {}),
        ("StackExchange.Redis.RedisConnectionException: It was not possible to connect to the redis server(s). "
         "Error connecting to redis:6379", {"host": "redis", "port": "6379"}),
        ("RabbitMQ.Client.Exceptions.BrokerUnreachableException: None of the specified endpoints were reachable", {}),
        ("SqlException: A network-related or instance-specific error occurred while establishing a connection to "
         "SQL Server.", {}),
        ("server selection error: server selection timeout, current topology: { Type: Unknown, Servers: [{ Addr: "
         "mongo:27017, Type: Unknown }] }", {"host": "mongo", "port": "27017"}),
        ("SQLSTATE[HY000] [2002] Connection refused", {}),
        ("Error: Connection refused (os error 111)", {}),
        ("pika.exceptions.AMQPConnectionError", {}),
    ],
    Sign.DNS: [
        ("System.Net.Sockets.SocketException (11001): No such host is known. (orders:80)",
         {"host": "orders", "port": "80"}),
        ("error trying to connect: dns error: failed to lookup address information: Name or service not known", {}),
        ("%3|1700000000.123|FAIL|rdkafka#producer-1| Failed to resolve 'kafka:9092': Name or service not known",
         {"host": "kafka", "port": "9092"}),
        ("PG::ConnectionBad: could not translate host name \"db\" to address: Name or service not known",
         {"host": "db"}),
        ("PDOException: php_network_getaddresses: getaddrinfo for mysql failed: Name or service not known", {}),
    ],
    Sign.TIMEOUT: [
        ("2003 (HY000): Can't connect to MySQL server on 'mysql:3306' (110)", {"host": "mysql", "port": "3306"}),
        ("Net::OpenTimeout: execution expired", {}),
        ("System.Threading.Tasks.TaskCanceledException: The request was canceled due to the configured "
         "HttpClient.Timeout of 100 seconds elapsing.", {}),
        ('Get "http://stock:8080/v1": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
         {"host": "stock", "port": "8080"}),
        ("[error] 31#31: *1 upstream timed out (110: Connection timed out) while reading response header from "
         "upstream, client: 10.0.0.1", {}),
    ],
    Sign.RESET: [
        ("PDOException: SQLSTATE[HY000]: General error: 2006 MySQL server has gone away", {}),
        ("OperationalError: (2013, 'Lost connection to MySQL server during query')", {}),
        ("Error: read ECONNRESET", {}),
    ],
    Sign.AUTH: [
        ("requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://api.example.com/v1",
         {"host": "api.example.com"}),
        ("AxiosError: Request failed with status code 401", {}),
        ("HttpRequestException: Response status code does not indicate success: 401 (Unauthorized).", {}),
        ("com.rabbitmq.client.AuthenticationFailureException: ACCESS_REFUSED - Login was refused using "
         "authentication mechanism PLAIN", {}),
        ("MongoServerError: Authentication failed.", {}),
        ("(error) WRONGPASS invalid username-password pair or user is disabled.", {}),
        ("org.apache.kafka.common.errors.SaslAuthenticationException: Authentication failed: Invalid username or "
         "password", {}),
        ("ERROR 1045 (28000): Access denied for user 'shop'@'10.0.0.7' (using password: YES)", {"user": "shop"}),
    ],
    Sign.FORBIDDEN: [
        ("| Code: 403. Errors:", {}),
        ("requests.exceptions.HTTPError: 403 Client Error: Forbidden for url: https://api.example.com/v1",
         {"host": "api.example.com"}),
        ("An error occurred (AccessDenied): User: arn:aws:sts::123456789012:assumed-role/app/x is not authorized to "
         "perform: s3:GetObject on resource", {"user": "arn:aws:sts::123456789012:assumed-role/app/x",
                                                "name": "s3:GetObject"}),
        ("googleapi: Error: app@proj.iam.gserviceaccount.com does not have storage.objects.get access to the bucket",
         {"user": "app@proj.iam.gserviceaccount.com", "name": "storage.objects.get"}),
        ("org.apache.kafka.common.errors.TopicAuthorizationException: Not authorized to access topics: [orders]", {}),
        ("ERROR: permission denied for table orders", {"name": "orders"}),
        ("ERROR 1142 (42000): SELECT command denied to user 'shop'@'10.0.0.7' for table 'orders'", {"user": "shop"}),
    ],
    Sign.CERT_EXPIRED: [
        ("reqwest::Error: invalid peer certificate: Expired", {}),
        ("curl: (60) SSL certificate problem: certificate has expired", {}),
        ("Error: certificate has expired code: 'CERT_HAS_EXPIRED'", {}),
    ],
    Sign.CERT_NAME: [
        ("tls: failed to verify certificate: x509: certificate is valid for a.example.com, not pki.auth.svc",
         {"name": "a.example.com", "host": "pki.auth.svc"}),
        ("ssl.SSLCertVerificationError: certificate verify failed: Hostname mismatch, certificate is not valid for "
         "'pki.auth.svc'. (_ssl.c:1000)", {"host": "pki.auth.svc"}),
        ("Error [ERR_TLS_CERT_ALTNAME_INVALID]: Hostname/IP does not match certificate's altnames: Host: api.shop. "
         "is not in the cert's altnames: DNS:web.shop", {"host": "api.shop", "name": "DNS:web.shop"}),
        ("java.security.cert.CertificateException: No name matching ldap.corp found", {"host": "ldap.corp"}),
        ("java.security.cert.CertificateException: No subject alternative DNS name matching ldap.corp found.",
         {"host": "ldap.corp"}),
        ("AuthenticationException: The remote certificate is invalid according to the validation procedure: "
         "RemoteCertificateNameMismatch", {}),
        ("curl: (60) SSL: no alternative certificate subject name matches target host name 'pki.auth'",
         {"host": "pki.auth"}),
        ("invalid peer certificate: NotValidForName", {}),
    ],
    Sign.TLS: [
        ("sun.security.validator.ValidatorException: PKIX path building failed: unable to find valid certification "
         "path to requested target", {}),
        ("System.Net.Http.HttpRequestException: The SSL connection could not be established, see inner exception.",
         {}),
        ("[error] 31#31: *9 SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number)", {}),
        ("OpenSSL::SSL::SSLError: SSL_connect returned=1 errno=0 state=error: certificate verify failed", {}),
        ("x509: certificate signed by unknown authority", {}),
        ("reqwest::Error: invalid peer certificate: UnknownIssuer", {}),
    ],
    Sign.RBAC: [
        ('E0101 10:00:00.000000 1 reflector.go:158] "Unhandled Error" err="failed to list *v1.Pod: pods is '
         'forbidden: User \\"system:serviceaccount:shop:app\\" cannot list resource \\"pods\\" in API group \\"\\" '
         'at the cluster scope"', {"user": "system:serviceaccount:shop:app", "verb": "list", "resource": "pods"}),
    ],
    Sign.HEAP: [
        ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", {}),
        ("java.lang.OutOfMemoryError: Metaspace", {"name": "Metaspace"}),
        ("java.lang.OutOfMemoryError: GC overhead limit exceeded", {"name": "GC overhead limit exceeded"}),
        ("numpy.core._exceptions._ArrayMemoryError: Unable to allocate 8.00 GiB for an array", {}),
        ("MemoryError", {}),
        ("fatal error: runtime: out of memory", {}),
        ("memory allocation of 4294967296 bytes failed", {}),
        ("Unhandled exception. System.OutOfMemoryException: Exception of type 'System.OutOfMemoryException'", {}),
        ("[FATAL] failed to allocate memory (NoMemoryError)", {}),
        ("PHP Fatal error: Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes)", {}),
        ("There is insufficient memory for the Java Runtime Environment to continue.", {}),
    ],
    Sign.CHILD_KILLED: [
        ("[2026-04-01 09:10:02 +0000] [1] [ERROR] Worker (pid:65) was sent SIGKILL! Perhaps out of memory?", {}),
        ("DAMN ! worker 1 (pid: 15) died, killed by signal 9 :( trying respawn ...", {}),
        ("[alert] 1#1: worker process 30 exited on signal 9", {}),
        ("LOG:  server process (PID 4711) was terminated by signal 9: Killed", {}),
        ("billiard.exceptions.WorkerLostError: Worker exited prematurely: signal 9 (SIGKILL) Job: 3.", {}),
        ("WARNING: [pool www] child 33 exited on signal 9 (SIGKILL) after 60 seconds from start", {}),
    ],
    Sign.TOO_MANY_THREADS: [
        ("java.lang.OutOfMemoryError: unable to create native thread: possibly out of memory or process/resource "
         "limits reached", {}),
        ("RuntimeError: can't start new thread", {}),
        ("runtime: failed to create new OS thread (have 5 already; errno=11)", {}),
        ("/entrypoint.sh: fork: retry: Resource temporarily unavailable", {}),
    ],
    Sign.TOO_MANY_FILES: [
        ("java.net.SocketException: Too many open files", {}),
        ("accept4() failed (24: Too many open files)", {}),
        ("Error: EMFILE: too many open files, watch", {}),
        ("Error: ENOSPC: System limit for number of file watchers reached, watch '/app'", {}),
        ("failed to create watcher: inotify_add_watch: no space left on device", {}),
    ],
    Sign.DISK_FULL: [
        ("sqlite3.OperationalError: database or disk is full", {}),
        ("flood stage disk watermark [95%] exceeded on [n1], all indices on this node will be marked read-only", {}),
        ("System.IO.IOException: There is not enough space on the disk.", {}),
        ("disk resource limit alarm set on node rabbit@rabbit-0", {}),
        ('ERROR: could not extend file "base/16384/2619": No space left on device', {"file": "base/16384/2619"}),
    ],
    Sign.PORT_IN_USE: [
        ("[Errno 98] error while attempting to bind on address ('0.0.0.0', 8000): address already in use",
         {"port": "8000"}),
        ('Address already in use - bind(2) for "0.0.0.0" port 3000 (Errno::EADDRINUSE)', {"port": "3000"}),
        ("unable to bind listening socket for address '9000': Address already in use (98)", {"port": "9000"}),
        ("Failed to bind to address http://[::]:8080: address already in use.", {"port": "8080"}),
        ("bind() to 0.0.0.0:80 failed (98: Address already in use)", {"port": "80"}),
        ("Web server failed to start. Port 8080 was already in use.", {"port": "8080"}),
    ],
    Sign.NO_FILE: [
        ("DirectoryNotFoundException: Could not find a part of the path '/app/data/x.json'.",
         {"file": "/app/data/x.json"}),
        ("Errno::ENOENT: No such file or directory @ rb_sysopen - /app/config.yml", {"file": "/app/config.yml"}),
        ("file_get_contents(/etc/app/key.pem): Failed to open stream: No such file or directory",
         {"file": "/etc/app/key.pem"}),
        ("java.nio.file.NoSuchFileException: /etc/app/app.yaml", {"file": "/etc/app/app.yaml"}),
    ],
    Sign.MISSING_ENV: [
        ('KeyError: key not found: "DATABASE_URL"', {"key": "DATABASE_URL"}),
        ('PHP Warning: Undefined array key "DB_HOST" in /app/index.php', {"key": "DB_HOST"}),
        ("Error: Database is uninitialized and superuser password is not specified. You must specify "
         "POSTGRES_PASSWORD to a non-empty value", {"key": "POSTGRES_PASSWORD"}),
        ("pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings\nDATABASE_URL\n"
         "  Field required [type=missing]", {"key": "DATABASE_URL"}),
        ("java.lang.IllegalArgumentException: Could not resolve placeholder 'db.url' in value \"${db.url}\"",
         {"key": "db.url"}),
    ],
    Sign.MISSING_KEY: [
        ("SRCFG00014: The config property quarkus.datasource.username is required but it could not be found",
         {"key": "quarkus.datasource.username"}),
        ("Failed to configure a DataSource: 'url' attribute is not specified", {"key": "url"}),
        ("ArgumentNullException: Value cannot be null. (Parameter 'connectionString')", {"key": "connectionString"}),
    ],
    Sign.NO_MODULE: [
        ("Error loading shared library libpq.so.5: No such file or directory (needed by /app/server)",
         {"name": "libpq.so.5"}),
        ("FileNotFoundException: Could not load file or assembly 'Shop.Core, Version=1.0.0.0'",
         {"name": "Shop.Core"}),
        ("Bundler::GemNotFound: Could not find rails-7.1.0 in any of the sources", {"name": "rails-7.1.0"}),
        ('PHP Fatal error: Uncaught Error: Class "App\\Kernel" not found in /app/index.php', {"name": "App\\Kernel"}),
        ("PDOException: could not find driver", {}),
        ("Can't locate DBI.pm in @INC (you may need to install the DBI module)", {"name": "DBI.pm"}),
        ("Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'express' imported from /app/index.js",
         {"name": "express"}),
    ],
    Sign.SCHEMA: [
        ("FlywayValidateException: Migration checksum mismatch for migration version 3", {"name": "3"}),
        ("alembic.util.exc.CommandError: Can't locate revision identified by 'ae1027a6acf'", {"name": "ae1027a6acf"}),
        ("ActiveRecord::PendingMigrationError: Migrations are pending.", {}),
        ("SchemaManagementException: Schema-validation: missing table [orders]", {"name": "orders"}),
        ("SqlException (0x80131904): Invalid object name 'dbo.Orders'.", {"name": "dbo.Orders"}),
        ("java.sql.SQLSyntaxErrorException: ORA-00942: table or view does not exist", {}),
        ('ERROR: relation "orders" does not exist', {"name": "orders"}),
        ("sqlite3.OperationalError: no such column: total", {"name": "total"}),
    ],
    Sign.SQL_SYNTAX: [
        ('ERROR: syntax error at or near "FORM"', {"name": "FORM"}),
        ("You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for "
         "the right syntax to use near 'FORM orders'", {"name": "FORM orders"}),
        ("SqlException: Incorrect syntax near 'FORM'.", {"name": "FORM"}),
    ],
    Sign.CODE_SYNTAX: [
        ("SyntaxError: invalid syntax", {}),
        ("IndentationError: unexpected indent", {}),
        ("PHP Parse error: syntax error, unexpected token \"}\" in /app/index.php on line 3",
         {"file": "/app/index.php"}),
        ("/app/app.rb:3: syntax error, unexpected end-of-input", {"file": "/app/app.rb"}),
    ],
    Sign.CONFIG_SYNTAX: [
        ("*** FATAL CONFIG FILE ERROR (Redis 7.2.0) ***", {}),
        ("yaml.scanner.ScannerError: while scanning a simple key", {}),
        ("[ALERT] (1) : config : parsing [/usr/local/etc/haproxy/haproxy.cfg:3] : unknown keyword 'bnd'", {}),
        ('FATAL: unrecognized configuration parameter "max_conections"', {}),
        ("org.apache.kafka.common.config.ConfigException: Invalid value x for configuration y", {}),
        ("SyntaxError: Unexpected token } in JSON at position 12", {}),
    ],
    Sign.LOCK: [
        ("Transaction (Process ID 52) was deadlocked on lock resources with another process", {}),
        ("ERROR: canceling statement due to lock timeout", {}),
        ("Deadlock found when trying to get lock; try restarting transaction", {}),
        ("ERROR: deadlock detected", {}),
    ],
    Sign.POOL: [
        ("Npgsql.NpgsqlException: The connection pool has been exhausted", {}),
        ("sqlx::Error: pool timed out while waiting for an open connection", {}),
        ("ActiveRecord::ConnectionTimeoutError: could not obtain a connection from the pool within 5.000 seconds", {}),
        ("psycopg_pool.PoolTimeout: couldn't get a connection after 30.00 sec", {}),
        ("redis.clients.jedis.exceptions.JedisException: Could not get a resource from the pool", {}),
        ("ERR max number of clients reached", {}),
        ("FATAL: sorry, too many clients already", {}),
    ],
    Sign.RATE: [
        ("botocore.exceptions.ClientError: An error occurred (RequestLimitExceeded) when calling", {}),
        ("software.amazon.awssdk.services.s3.model.S3Exception: SlowDown: Please reduce your request rate.", {}),
        ("AxiosError: Request failed with status code 429", {}),
        ("429 Client Error: Too Many Requests for url: https://api.example.com/", {"host": "api.example.com"}),
    ],
    Sign.BAD_FLAG: [("[ERROR] [MY-000067] [Server] unknown variable 'max_conections=1'.",
                     {"name": "max_conections=1"})],
    Sign.NO_DATABASE: [
        ('Cannot open database "shop" requested by the login. The login failed.', {"name": "shop"}),
        ("NOT_ALLOWED - vhost shop not found", {"name": "shop"}),
    ],
    Sign.SKEW: [
        ("auth rejected token: token used before issued", {}),
        ("jwt.exceptions.ImmatureSignatureError: The token is not yet valid (iat)", {}),
        ("RequestTimeTooSkewed: The difference between the request time and the current time is too large.", {}),
    ],
    Sign.SERVER_STATE: [("Error making API request. Code: 503. Errors: * Vault is sealed", {})],
    Sign.UNIMPLEMENTED: [
        ("rpc error: code = Unimplemented desc = unknown method Get for service users.Users", {"name": "Get"}),
        ("io.grpc.StatusRuntimeException: UNIMPLEMENTED: Method not found: shop.Cart/Add",
         {"name": "shop.Cart/Add"}),
        ("status = StatusCode.UNIMPLEMENTED", {}),
    ],
    Sign.PORT_DENIED: [
        ("System.Net.Sockets.SocketException (13): Permission denied\n"
         "   at System.Net.Sockets.Socket.Bind(EndPoint localEP)", {}),
    ],
    Sign.NO_COMMAND: [
        ("exec /entrypoint.sh: no such file or directory", {"name": "/entrypoint.sh"}),
        ("bash: /start.sh: /bin/bash^M: bad interpreter: No such file or directory", {"name": "/start.sh"}),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("sign", "line", "values"),
    [(sign, line, values) for sign, rows in WORDINGS.items() for line, values in rows],
)
def test_a_known_failure_is_recognised_in_the_words_of_many_runtimes(
    sign: Sign, line: str, values: dict[str, str]
) -> None:
    """Java, Python, Node, Go, Rust, .NET, Ruby, PHP, servers and databases: the sign, and what it names."""
    seen = last_sign(line if line[0] in "EWIF*/" else f"ERROR {line}")
    assert seen is not None and seen.sign is sign
    assert values.items() <= dict(seen.values).items()


@pytest.mark.parametrize(
    ("line", "sign", "host"),
    [
        ("ERROR 调用支付网关失败, url=https://api.example.com/v3, 错误信息=access_token 已过期", Sign.AUTH, "api.example.com"),
        ("ERROR 数据库用户名或密码错误", Sign.AUTH, ""),
        ("ERROR 连接超时: redis:6379", Sign.TIMEOUT, "redis"),
        ("ERROR 连接被拒绝: db:5432", Sign.REFUSED, "db"),
        ("ERROR 无法解析主机名 redis-master", Sign.DNS, ""),
        ("ERROR 写入失败: 磁盘空间不足", Sign.DISK_FULL, ""),
        ("ERROR 堆内存溢出", Sign.HEAP, ""),
        ("ERROR 证书已过期", Sign.CERT_EXPIRED, ""),
        ("ERROR 数据库连接池已耗尽", Sign.POOL, ""),
        ("ERROR 短信接口返回: 请求过于频繁，请稍后重试", Sign.RATE, ""),
        ("ERROR 端口 8080 已被占用", Sign.PORT_IN_USE, ""),
    ],
)  # fmt: skip
def test_a_known_failure_is_recognised_in_chinese(line: str, sign: Sign, host: str) -> None:
    """Applications log in the language of their authors."""
    seen = last_sign(line)
    assert seen is not None and seen.sign is sign
    assert not host or seen.values["host"] == host


LOOK_ALIKES: list[tuple[str, set[Sign]]] = [
    ("WARN urllib3.connectionpool: Connection pool is full, discarding connection: api.shop", {Sign.POOL}),
    ("fatal error: all goroutines are asleep - deadlock!", {Sign.LOCK}),
    ("Error: ENOSPC: System limit for number of file watchers reached", {Sign.DISK_FULL}),
    ('[error] 31#31: *4 open() "/usr/share/nginx/html/favicon.ico" failed (2: No such file or directory), client: '
     "10.0.0.1", {Sign.NO_FILE, Sign.NO_SCRIPT}),
    ('[error] 31#31: *4 limiting requests, excess: 5.020 by zone "one", client: 10.0.0.1', {Sign.RATE}),
    ('10.0.0.1 - - [01/Mar/2026:12:00:00 +0000] "GET /login HTTP/1.1" 401 12 "-" "error-checker"', {Sign.AUTH}),
    ('10.0.0.1 - - [01/Mar/2026:12:00:00 +0000] "GET /admin HTTP/1.1" 403 12 "-" "error-checker"', {Sign.FORBIDDEN}),
    ("WARN login rejected: user entered a wrong code, status=401 path=/login", {Sign.AUTH, Sign.FORBIDDEN}),
    ("I0101 10:00:00.000000 1 request.go:700] Waited for 1.2s due to client-side throttling", {Sign.RATE}),
    ("ERROR invalid user input: field must not be empty", {Sign.AUTH}),
    ("ERROR order 429 rejected: card declined", {Sign.RATE}),
    ("ERROR customer certificate of origin was rejected for order 7", {Sign.TLS, Sign.CERT_EXPIRED, Sign.CERT_NAME}),
    ("ERROR coupon expired for cart 12", {Sign.CERT_EXPIRED, Sign.AUTH}),
    ("ERROR memory card out of stock", {Sign.HEAP}),
    ("ERROR thread 7 of the forum was locked", {Sign.LOCK, Sign.TOO_MANY_THREADS}),
    ("ERROR the customer refused delivery", {Sign.REFUSED}),
    ("ERROR delivery address not found for order 12", {Sign.NO_COMMAND, Sign.DNS, Sign.MISSING_ENV}),
    ("ERROR payment timed exit reached", {Sign.TIMEOUT}),
    ("ERROR syntax of postal code is wrong", {Sign.CODE_SYNTAX, Sign.SQL_SYNTAX, Sign.SHELL_SYNTAX}),
    ("ERROR class is full: pupil not enrolled", {Sign.POOL, Sign.NO_MODULE, Sign.DISK_FULL}),
    ("ERROR resource 12 not within budget", {Sign.POOL}),
    ("ERROR no user with that name in this pool table league", {Sign.POOL}),
    ("WARN 3 files already in use by another editor", {Sign.PORT_IN_USE}),
    ("ERROR migration of birds was observed late", {Sign.SCHEMA}),
    ("WARN 用户 42 登录: 用户名或密码错误", {Sign.AUTH}),
    ("WARN 用户认证失败, ip=10.0.0.9", {Sign.AUTH}),
    ("WARN 会话 token 无效, 重新登录", {Sign.AUTH}),
    ("WARN 用户 42 请求过于频繁", {Sign.RATE}),
    ("ERROR rpc error: code = Unimplemented desc = unknown service grpc.reflection.v1.ServerReflection",
     {Sign.UNIMPLEMENTED}),
    ("ERROR Parse Error: Invalid header value char", {Sign.BAD_HEADER}),
    ("ERROR another instance holds the leader lease", {Sign.DATA_LOCKED}),
]  # fmt: skip


@pytest.mark.parametrize(("line", "never"), LOOK_ALIKES)
def test_words_that_only_look_like_a_failure_are_left_alone(line: str, never: set[Sign]) -> None:
    """A server's own clients, benign warnings, and an application's subject matter are none of the signs."""
    seen = last_sign(line)
    assert seen is None or seen.sign not in never


PARTS = [(sign, part) for sign, parts in PATTERNS for part in parts]


@pytest.mark.parametrize(
    ("sign", "pattern"), PARTS, ids=lambda value: value if isinstance(value, Sign) else ""
)
@settings(max_examples=8, deadline=None, database=None)
@given(data=st.data())
def test_every_text_that_a_pattern_finds_holds_a_stem(sign: Sign, pattern: str, data: st.DataObject) -> None:
    """Texts made from each pattern pass the look at stems that spares most lines the patterns."""
    compiled = re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    own = "".join(letter for letter in pattern if not letter.isascii())  # Chinese wordings
    text = data.draw(
        st.from_regex(compiled, alphabet=st.characters(max_codepoint=127, include_characters=own))
    )
    if compiled.search(text):
        assert any(stem in text.lower() for stem in STEMS.get(sign, ("",)))
