<?php
// The console: Adminer with one server, the one in /etc/controller/console.json, and no way to name another:
//   {"host": "pg-node-1", "port": 5432, "database": "postgres", "user": "console"}
// Any role may log in with its password; `user` is only what the form suggests.

const CONFIG = '/etc/controller/console.json';

$console = json_decode((string) @file_get_contents(CONFIG), true);
if (!is_array($console) || !preg_match('~^[A-Za-z0-9._-]+$~D', (string) ($console['host'] ?? ''))) {
    http_response_code(503);
    header('Content-Type: text/plain; charset=utf-8');
    header('Retry-After: 2');
    exit("The console does not know its server yet.\n");
}
$console += ['port' => 5432, 'database' => 'postgres', 'user' => ''];

header('Permissions-Policy: camera=(), geolocation=(), microphone=(), payment=(), usb=()');
header('Cross-Origin-Opener-Policy: same-origin');
header('Cross-Origin-Resource-Policy: same-origin');

// Adminer picks a driver, a server and a stored login from what the browser sends. Here the answers are fixed before
// it looks, and the server it connects to does not come from the request at all (see `credentials` below).
const SERVER_NAME = 'primary';
unset($_COOKIE['adminer_permanent'], $_SERVER['HTTP_X_FORWARDED_PREFIX']);
foreach (['server', 'mysql', 'sqlite', 'sqlite2', 'mssql', 'oracle', 'mongo', 'elastic', 'clickhouse', 'simpledb', 'firebird', 'import'] as $other) {
    unset($_GET[$other]);
}
$_GET['pgsql'] = SERVER_NAME;
if (isset($_POST['auth']) && is_array($_POST['auth'])) {
    $_POST['auth'] = ['driver' => 'pgsql', 'server' => SERVER_NAME] + $_POST['auth'];
    unset($_POST['auth']['permanent']);
}

function adminer_object()
{
    global $console;

    return new Adminer\Plugins([new class($console) extends Adminer\Plugin {
        public function __construct(private readonly array $console) {}

        public function name()
        {
            return '<span id="h1">Console</span>';
        }

        public function credentials()
        {
            return ["{$this->console['host']}:{$this->console['port']}", $_GET['username'], Adminer\get_password()];
        }

        public function login($login, $password)
        {
            return $password === '' ? 'A password is needed.' : true;
        }

        public function serverName($server)
        {
            return Adminer\h($this->console['host']);
        }

        public function loginFormField($name, $heading, $value)
        {
            return match ($name) {
                'driver' => '',
                'server' => $heading . Adminer\h("{$this->console['host']}:{$this->console['port']}") . "\n",
                'username' => $this->suggest($heading . $value, 'auth[username]', $this->console['user']),
                'db' => $this->suggest($heading . $value, 'auth[db]', $this->console['database']),
                default => null,
            };
        }

        public function permanentLogin($create = false)
        {
            return '';
        }

        public function verifyVersion()
        {
            return false;
        }

        /** Nothing from elsewhere: Adminer's own policy lets its home page in. */
        public function csp($csp)
        {
            return array_map(fn ($policy) => ['connect-src' => "'self'", 'frame-src' => "'none'"] + $policy, $csp);
        }

        /** Fills an empty field of the form. */
        private function suggest(string $html, string $field, string $text): string
        {
            $quoted = preg_quote($field, '~');
            return preg_replace_callback("~(name=[\"']{$quoted}[\"'][^>]*?value=[\"'])([\"'])~",
                fn ($match) => $match[1] . Adminer\h($text) . $match[2], $html) . "\n";
        }
    }]);
}

chdir('/usr/share/adminer');
require '/usr/share/adminer/adminer.php';
