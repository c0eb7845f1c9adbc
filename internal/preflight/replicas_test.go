package preflight

import (
	"strings"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/replicas/redis"
)

// TestReplicas_SaysWhatToMakeOfAServer that can do all, but not as it should. That it is a real
// one is tested with the command.
func TestReplicas_SaysWhatToMakeOfAServer(t *testing.T) {
	t.Parallel()
	now := time.Now()
	well := redis.Facts{Version: "Redis 7.0.15", Eviction: "noeviction", Clock: now.Add(time.Second), Pushes: true}
	for name, c := range map[string]struct {
		change func(*redis.Facts)
		want   string // after the first line
	}{
		"well":             {func(*redis.Facts) {}, ""},
		"it says nothing":  {func(f *redis.Facts) { f.Eviction = "" }, ""},
		"evicting":         {func(f *redis.Facts) { f.Eviction = "volatile-lru" }, "warning  URL: when its memory is full it drops what is shared (maxmemory-policy volatile-lru)"},
		"without pushes":   {func(f *redis.Facts) { f.Pushes = false }, "warning  URL: it does not tell of changes (CLIENT TRACKING)"},
		"a clock ahead":    {func(f *redis.Facts) { f.Clock = now.Add(90 * time.Second) }, "warning  URL: its clock is 1m30s off"},
		"a clock late":     {func(f *redis.Facts) { f.Clock = now.Add(-time.Hour) }, "warning  URL: its clock is 1h0m0s off"},
		"a clock a bit so": {func(f *redis.Facts) { f.Clock = now.Add(-4 * time.Second) }, ""},
	} {
		facts := well
		c.change(&facts)
		first, rest, _ := strings.Cut(lines(judge(facts, "cache:6379", ReplicasNames{URL: "URL"}, now)), "\n")
		if first != "ok       URL: Redis 7.0.15 at cache:6379 runs what replicas share" || !strings.HasPrefix(rest, c.want) || (c.want == "") != (rest == "") {
			t.Errorf("%s: %s\n%s", name, first, rest)
		}
	}
}

// TestReplicas_SaysWhatToDoAboutMissingRights, which servers word in many ways.
func TestReplicas_SaysWhatToDoAboutMissingRights(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"NOPERM User facade has no permissions to run the 'client|tracking' command",                       // Redis 7.0
		"The user executing the script can't run this command or subcommand script: 1d2e, on @user_script", // Redis 7.0
		"ACL failure in script: User facade has no permissions to run the 'zadd' command",                  // Valkey 8.0
	} {
		if advice := adviceOn(text, ReplicasNames{}); advice != "Give the user the rights that docs/SESSIONS.md lists" {
			t.Errorf("%q: %q", text, advice)
		}
	}
}
