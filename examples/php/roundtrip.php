<?php
// Writes an API session as bytes and reads it back, with the classes in the folder
// that it is given. Calls need the extension grpc besides; its generated client is
// only parsed.
declare(strict_types=1);

use Google\Rpc\ErrorInfo;
use Wingspan\Users\V1\ApiSession;
use Wingspan\Users\V1\SessionType;

const PROTOBUF = '/usr/share/php'; // Debian's php-google-protobuf

spl_autoload_register(function (string $class) use ($argv): void {
    foreach ([$argv[1], PROTOBUF] as $folder) {
        $file = $folder . '/' . str_replace('\\', '/', $class) . '.php';
        if (is_file($file)) {
            require $file;
            return;
        }
    }
});

$session = new ApiSession([
    'session_id' => 'é.1',
    'is_unlimited_expiration' => true,
    'labels' => ['example' => 'php'],
    'session_type' => SessionType::SESSION_TYPE_API,
]);
$read = new ApiSession();
$read->mergeFromString($session->serializeToString());
$same = $read->getSessionId() === 'é.1'
    && $read->getIsUnlimitedExpiration()
    && $read->getLabels()['example'] === 'php'
    && $read->getSessionType() === SessionType::SESSION_TYPE_API
    && !$read->hasToken();
$info = new ErrorInfo(['reason' => 'SESSION_EXPIRED']);
$same = $same && json_decode($info->serializeToJsonString())->reason === 'SESSION_EXPIRED';
if (!$same) {
    fwrite(STDERR, 'read back something else: ' . $read->serializeToJsonString() . PHP_EOL);
    exit(1);
}
echo 'wrote and read back an API session with labels ', $read->serializeToJsonString(), PHP_EOL;
