package sessioncache

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/wingspan-grpc/session-facade/test/bubble"
)

var allMutants = flag.Bool("mutants", false, "run all mutants, not only the first few: takes minutes")

// fewMutants are run each time.
const fewMutants = 3

// mutant is a mistake in one of the files, and the tests that must notice it.
type mutant struct {
	name   string
	edits  []edit
	caught string
}

// edit replaces a text that occurs once.
type edit struct{ file, old, new string }

const (
	lin         = "TestCache_IsLinearizable"
	replicasLin = "TestReplicas_AreLinearizable"
)

// mutants are the mistakes that one could make.
var mutants = []mutant{
	{"a waiter who asks after the end joins a load from before", []edit{
		{"wait.go", "&& (l.Began >= asked || !c.history.Overtaken(l.Load)) {", "{"},
		{"wait.go", "l.Began < asked && (l.overtaken || l.lost", "l.Began < asked && (l.lost"},
	}, lin + " TestEnding_LoadsFromBeforeAreAnsweredNotKept"},
	{"the key is without the credential", []edit{
		{"identity/identity.go", `if slices.Contains(perCall, name) {`, `if slices.Contains(perCall, name) || name == "Authorization" {`},
	}, lin + " TestKey_NeverGivesOneCallersAnswerToAnother"},
	{"no fence", []edit{
		{"end.go", "	wait := storeWait{storeTime}\n	c.mark(tags, 1)\n	c.tell(&wait, tags, true)\n	err := outcome.ErrPanicked\n	defer func() { c.tell(&wait, tags, c.unfence(tags, err)) }()\n", "	_, err := tags, outcome.ErrPanicked\n"},
	}, lin + " TestEnding_IsSeenByAll TestEnding_FencesWhileItIsOut"},
	{"a fence only after the call", []edit{
		{"end.go", "	wait := storeWait{storeTime}\n	c.mark(tags, 1)\n	c.tell(&wait, tags, true)\n	err := outcome.ErrPanicked\n	defer func() { c.tell(&wait, tags, c.unfence(tags, err)) }()\n", "	err := outcome.ErrPanicked\n	defer c.mark(tags, 0)\n"},
	}, lin + " TestEnding_FencesWhileItIsOut TestEnding_WithoutAnOutcome"},
	{"the fence goes though there was no outcome", []edit{
		{"end.go", "linger = !outcome.IsKnown(err) && c.lingering", "linger = false && c.lingering"},
	}, lin + " TestEnding_WithoutAnOutcome"},
	{"who asks after a lost response joins who asked before", []edit{
		{"end.go", "	c.mark(tags, 0) // it may have", "	// it may have"},
	}, lin + " TestEnding_WhoAsksAfterALostResponse"},
	{"a user's end ignores loads that are out", []edit{
		{"history/history.go", "return h.marked(l.Began, l.Of) || h.marked(l.Began, l.Owner)", "return h.marked(l.Began, l.Of)"},
	}, lin + " TestEnding_LoadsFromBeforeAreAnsweredNotKept"},
	{"a user's end ignores sessions of whom it is not known", []edit{
		{"end.go", `, k.Tag(identity.OfUser, "")}`, "}"},
	}, "TestEnding_OfNobodys"},
	{"the end of the caller's session leaves what the caller asked", []edit{
		{"find.go", "range k.Caller(q.header) {", "range k.Caller(nil) {"},
	}, lin + " TestEnding_OfTheCallersOwnSession"},
	{"the session's own end is for its asker only", []edit{
		{"load.go", "if none && l.own {", "if none && l.own && len(l.tags) > 9 {"},
	}, lin + " TestEnding_ElsewhereIsSeenByAllOnceItIsBySomebody"},
	{"the life goes beyond the session's expiration", []edit{
		{"memory/entry.go", "if !expiration.IsZero() {", "if false {"},
	}, lin + " TestLife_EndsWithTheSession"},
	{"the life begins when the response comes", []edit{
		{"memory/entry.go", "Sent: sent}", "Sent: time.Now()}"},
	}, lin + " TestLife_IsTheTTLGiveOrTake"},
	{"a refresh revives an ended session", []edit{
		{"load.go", "lasting := !l.overtaken &&", "lasting := (l.refresh || !l.overtaken) &&"},
	}, "TestLife_RefreshRevivesNobody"},
	{"each hit refreshes", []edit{
		{"memory/entry.go", "e.Live && !e.Refreshing &&", "e.Live &&"},
	}, "TestLife_IsRefreshedOnceAheadOfTime"},
	{"a late load overwrites a newer one", []edit{
		{"load.go", "	c.history.Decided(l.Key)\n", ""},
	}, lin},
	{"an error is kept", []edit{
		{"load.go", "if lasting && (l.err == nil || none) &&", "if lasting &&"},
	}, "TestKept_ErrorsAreNotKept"},
	{"an expired session is kept for the TTL", []edit{
		{"load.go", "e.KeepFor(expiredTTL, 0,", "e.KeepFor(c.options.TTL, 0,"},
	}, lin + " TestKept_ExpiredIsForFiveSeconds"},
	{"a cookie is replayed", []edit{
		{"load.go", ` && l.response.Header["Set-Cookie"] == nil {`, " {"},
		{"memory/entry.go", `outliving = []string{"Content-Type",`, `outliving = []string{"Set-Cookie", "Content-Type",`},
	}, lin + " TestKept_IsNothingButSessions TestJoining_GivesEachWhatIsOfTheSession"},
	{"headers of one call are replayed", []edit{
		{"memory/entry.go", "header: OutlivingHeader(r.Header)", "header: r.Header"},
	}, lin + " TestStatus_OfHits"},
	{"waiters share the first caller's context", []edit{
		{"load.go", "trace.ContextWithSpanContext(context.Background(), ", "trace.ContextWithSpanContext(ctx, "},
	}, lin + " TestJoining_AnybodyMayLeave"},
	{"a caller's leaving is an outage", []edit{
		{"outcome/outcome.go", "codes.DeadlineExceeded, codes.ResourceExhausted}", "codes.DeadlineExceeded, codes.ResourceExhausted, codes.Canceled}"},
	}, "TestStale_IsNotForACallerWhoLeft"},
	{"a stale answer is given though the upstream refuses", []edit{
		{"load.go", "	c.store.Remove(l.Key)\n	if none", "	if none"},
	}, "TestStale_IsNotForWhomeverTheUpstreamAnswers"},
	{"stale lasts for too long", []edit{
		{"memory/entry.go", "e.FreshUntil.Add(stale)", "e.FreshUntil.Add(3 * stale)"},
	}, "TestStale_AnswersWhileTheUpstreamIsAway"},
	{"no-cache is answered from memory", []edit{
		{"ask.go", "	if q.fresh {\n		return nil, c.history.Now()\n	}\n", ""},
	}, "TestNoCache_AsksAndRenews TestStale_IsNotForNoCache"},
	{"the index forgets an entry", []edit{
		{"memory/store.go", "		g.ended = true\n", "		g.ended = g.entries < 2\n"},
	}, lin + " TestEnding_IsSeenByAll TestStore_FindsEntriesByTag"},
	{"the history forgets what a load that is out must know", []edit{
		{"history/history.go", "	h.forget(oldest, ", "	_ = oldest\n	h.forget(h.now, "},
	}, "TestHistory_Forgets"},
	{"junk takes the room of sessions", []edit{
		{"load.go", "|| !live && e.Size() > BytesPerEntry:", ":"},
	}, "TestBounds_JunkDisplacesNobody"},
	{"memory is believed without the others' word", []edit{
		{"memory/entry.go", "return e.Confirmed && upToDate || now", "return true || now"},
	}, replicasLin + " TestShared_MemoryIsBelievedWithTheWordOfAll TestShared_WhatIsNotStoredIsBelievedForFiveSeconds"},
	{"memory is believed though it is not stored", []edit{
		{"memory/entry.go", "return e.Confirmed && upToDate || now", "return upToDate || now"},
	}, "TestShared_WhatIsNotStoredIsBelievedForFiveSeconds"},
	{"what is found is believed without the others' word", []edit{
		{"find.go", "|| !c.upToDate(now) && !now.Before(s.Sent.Add(memory.Alone)) ||", "||"},
	}, replicasLin + " TestShared_MemoryIsBelievedWithTheWordOfAll"},
	{"the store's refusal is ignored", []edit{
		{"share.go", "e.Confirmed, e.Ended = there, e.Ended || !there", "e.Confirmed = there || !there"},
	}, "TestShared_WhatTheStoreRefusesIsForgotten"},
	{"a session is stored as of when it came", []edit{
		{"share.go", "Keep(ctx, l.moment, ", "Keep(ctx, c.options.Shared.Moment(), "},
	}, "TestShared_WhatTheStoreRefusesIsForgotten"},
	{"nobody listens to what others have ended", []edit{
		{"share.go", "func (c *Cache) Ended(tags []Tag) { c.mark(tags, 0) }", "func (c *Cache) Ended([]Tag) {}"},
	}, replicasLin + " TestShared_EndingIsSeenByAllReplicas"},
	{"memory outlives a new beginning", []edit{
		{"share.go", "	c.store.EndAll()\n", ""},
	}, replicasLin + " TestShared_ANewBeginningForgetsAll"},
	{"loads outlive a new beginning", []edit{
		{"share.go", "	c.history.Lose()\n", ""},
	}, "TestShared_ANewBeginningForgetsAll"},
	{"who asked is told of any age after a new beginning", []edit{
		{"wait.go", "l.lost && !now.Before(l.sent.Add(memory.Alone))", "false && now.Before(l.sent)"},
	}, "TestShared_ANewBeginningRepeatsNoCall"},
	{"a new beginning repeats all calls", []edit{
		{"wait.go", "l.lost && !now.Before(l.sent.Add(memory.Alone))", "l.lost"},
	}, "TestShared_ANewBeginningRepeatsNoCall"},
	{"what ends while a load waits for its turn overtakes it", []edit{
		{"history/history.go", "	l.Began, l.Asked = h.now, time.Now()\n", "	l.Asked = time.Now()\n"},
	}, "TestJoining_IsDecidedByWhenTheUpstreamIsAsked"},
	{"what waits for its turn is as of before", []edit{
		{"load.go", "		l.sent = l.Asked\n", ""},
	}, "TestJoining_IsDecidedByWhenTheUpstreamIsAsked"},
	{"what has ended here is adopted", []edit{
		{"find.go", "return !c.history.EndedAfter(sent, of)", "return of != nil"},
	}, "TestShared_AdoptsNothingFromBeforeAnEnding TestShared_FloodOfEndings"},
	{"what a question was told is taken back", []edit{
		{"find.go", "told != nil && !sent.After(told.Came) {", "told != nil && sent.IsZero() {"},
	}, replicasLin + " TestShared_IsNotTakenBack"},
	{"what is told and not kept is taken back", []edit{
		{"load.go", "	if l.kept == nil && c.options.Shared != nil {", "	if l.kept == nil && c.options.Shared != nil && false {"},
	}, "TestShared_WhoStoresLateTakesNothingBack"},
	{"what was told is forgotten too early", []edit{
		{"share.go", "e.ToldUntil = e.Came.Add(c.longest())", "e.ToldUntil = l.sent.Add(c.longest())"},
	}, "TestShared_RemembersWhatItTold"},
	{"what was told and is not kept is forgotten too early", []edit{
		{"load.go", "memory.Forgotten(l.Key, time.Now().Add(c.longest()))", "memory.Forgotten(l.Key, l.sent.Add(c.longest()))"},
	}, "TestShared_RemembersWhatItTold"},
	{"a record is in the clear", []edit{
		{"identity/record.go", "return id.Seal(text.Bytes())", "return bytes.Clone(text.Bytes()), nil"},
		{"identity/record.go", "text, err := id.Open(sealed)", "text, err := sealed, error(nil)"},
	}, "TestShared_TellsNobodyASecret TestShared_ARecordIsOfItsQuestion"},
	{"a claim is never released", []edit{
		{"share.go", "	if l.claimed {\n", "	if l.claimed && len(l.tags) > 9 {\n"},
	}, "TestShared_LeavesNothingBehind TestShared_WaitsForWhoAsks TestShared_WhoLeavesReleases"},
	{"what is found lives for the TTL", []edit{
		{"memory/entry.go", "	e.FreshUntil, e.StaleUntil = freshUntil, staleUntil\n", ""},
	}, "TestShared_LivesNoLongerThanTheStoreSays"},
	{"the store says how long a session lives", []edit{
		{"find.go", "fresh := memory.Earlier(s.FreshUntil, s.Sent.Add(c.longest()))", "fresh := s.FreshUntil"},
	}, "TestShared_LivesNoLongerThanTheStoreSays"},
	{"the last secret is current", []edit{
		{"cache.go", "all[i] = identity", "all[len(all)-1-i] = identity"},
	}, "TestShared_SecretsAreRotated"},
	{"the second secret is not read", []edit{
		{"find.go", "range c.keys[1:] {", "range c.keys[len(c.keys):] {"},
	}, "TestShared_SecretsAreRotated"},
	{"endings are told under one secret", []edit{
		{"share.go", "	for i := range c.keys {", "	for i := range c.keys[:1] {"},
	}, "TestShared_SecretsAreRotated"},
	{"a record is of any question", []edit{
		{"identity/identity.go", "seal: sum(k.seal, text)}", "seal: sum(k.seal, nil)}"},
		{"identity/identity.go", "body, id.Key[:]), nil", "body, nil), nil"},
		{"identity/identity.go", "body, id.Key[:])\n", "body, nil)\n"},
	}, "TestShared_ARecordIsOfItsQuestion"},
	{"others are not told before a call leaves", []edit{
		{"end.go", "	c.tell(&wait, tags, true)\n", ""},
	}, "TestShared_FencesWhileItIsOut"},
	{"others are not told of an outcome", []edit{
		{"end.go", "defer func() { c.tell(&wait, tags, c.unfence(tags, err)) }()", "defer func() { c.unfence(tags, err) }()"},
	}, "TestShared_FencesWhileItIsOut"},
	{"others are not told when a fence ends by itself", []edit{
		{"end.go", "		c.tell(&storeWait{storeTime}, tags, false)", "		// "},
	}, "TestShared_WhoAskedBeforeALateEnd"},
	{"others are not told whose sessions have ended", []edit{
		{"end.go", "			c.tell(&wait, users, false)\n", ""},
	}, replicasLin + " TestShared_EndingIsSeenByAllReplicas"},
	{"others are not told of what a check has found", []edit{
		{"share.go", "replaced || l.err != nil && !known {", "replaced || l.err != nil {"},
	}, "TestShared_ExpiredIsToldWhereItWasKnown"},
	{"others are told of junk", []edit{
		{"share.go", "replaced || l.err != nil && !known {", "replaced || known && false {"},
	}, "TestShared_ExpiredIsToldWhereItWasKnown"},
	{"a call waits for the store", []edit{
		{"find.go", "context.WithTimeout(ctx, w.left)", "context.WithTimeout(ctx, 10*w.left)"},
	}, "TestShared_SlowStore"},
	{"another replica is waited for to the last", []edit{
		{"find.go", "time.Until(until) / 2", "time.Until(until)"},
	}, "TestShared_WaitsForWhoAsks"},
	{"all replicas renew what they have found", []edit{
		{"find.go", "(!l.refresh || l.mayBeRenewed)", "!l.refresh"},
	}, "TestShared_IsRenewedByWhoStoredIt"},
}

// TestMutants shows of each mistake that the tests notice it: they run on this package with
// the mistake in it.
func TestMutants(t *testing.T) { //nolint:tparallel // one build at a time
	t.Parallel()
	if bubble.Raced {
		t.Skip("what it runs is tested without the race detector")
	}
	for i, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			overlay := m.overlay(t)
			if i >= fewMutants && !*allMutants {
				return // it is there to be made, at least
			}
			names := strings.Fields(m.caught)
			run := exec.CommandContext(t.Context(), "go", "test", "-overlay", overlay, "-run", "^("+strings.Join(names, "|")+")$",
				"-rapid.nofailfile", "-rapid.shrinktime=0s", "-rapid.checks=200", ".")
			output, _ := run.CombinedOutput()
			if folder := filepath.Dir(m.edits[0].file); folder != "." { // with tests of its own
				run = exec.CommandContext(t.Context(), "go", "test", "-overlay", overlay, "-run", "^("+strings.Join(names, "|")+")$", "./"+folder)
				if folder == "memory" {
					run.Args = append(run.Args, "-rapid.nofailfile")
				}
				own, _ := run.CombinedOutput()
				output = append(output, own...)
			}
			for _, name := range names {
				if !regexp.MustCompile(`(?m)^--- FAIL: ` + name + ` `).Match(output) {
					t.Errorf("%s does not notice it:\n%.2000s", name, output)
				}
			}
		})
	}
}

// overlay makes the mistake beside the files, which stay as they are.
func (m *mutant) overlay(t *testing.T) (path string) {
	t.Helper()
	texts, replace := map[string]string{}, map[string]string{}
	for _, e := range m.edits {
		if texts[e.file] == "" {
			text, err := os.ReadFile(e.file)
			if err != nil {
				t.Fatal(err)
			}
			texts[e.file] = string(text)
		}
		if n := strings.Count(texts[e.file], e.old); n != 1 {
			t.Fatalf("%s has %d times what is to be replaced: %s", e.file, n, e.old)
		}
		texts[e.file] = strings.Replace(texts[e.file], e.old, e.new, 1)
	}
	folder, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range texts {
		mistaken := filepath.Join(t.TempDir(), filepath.Base(name))
		replace[filepath.Join(folder, name)] = mistaken
		if err := os.WriteFile(mistaken, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	content, _ := json.Marshal(map[string]any{"Replace": replace})
	path = filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
