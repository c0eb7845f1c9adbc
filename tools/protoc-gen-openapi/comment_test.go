package main

import "testing"

func TestProseJoinsLinesAndKeepsParagraphs(t *testing.T) {
	t.Parallel()
	const comment = " Signs in with an email address and a\n password.\n\n Needs no token.\n"
	const want = "Signs in with an email address and a password.\n\nNeeds no token."
	if got := prose(comment); got != want {
		t.Errorf("prose() = %q, want %q", got, want)
	}
	if got := prose("\n \n"); got != "" {
		t.Errorf("prose of nothing = %q", got)
	}
}

func TestSplitSummary(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, summary, rest string }{
		{"empty", "", "", ""},
		{"one sentence", "Ends an API session.", "Ends an API session", ""},
		{"two sentences", "Signs in. Needs no token.", "Signs in", "Needs no token."},
		{"two paragraphs", "Signs in.\n\nNeeds no token.", "Signs in", "Needs no token."},
		{"sentences and paragraphs", "A. B. C.\n\nD.", "A", "B. C.\n\nD."},
		{"stop within a word", "Sends e.g.mail on.", "Sends e.g.mail on", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			summary, rest := splitSummary(test.text)
			if summary != test.summary || rest != test.rest {
				t.Errorf("splitSummary(%q) = %q, %q", test.text, summary, rest)
			}
		})
	}
}

func TestExample(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text, want string
		found            bool
	}{
		{"none", "When the session ends.", "", false},
		{"a time", `When it ends, for example "2022-09-03T19:46:40.748Z".`, "2022-09-03T19:46:40.748Z", true},
		{"escaped quotes", `The path, for example "labels[\"team\"]".`, `labels["team"]`, true},
		{"not quoted", "A number, for example 12.", "", false},
		{"never closed", `A word, for example "open`, "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, found := example(test.text)
			if got != test.want || found != test.found {
				t.Errorf("example(%q) = %q, %v", test.text, got, found)
			}
		})
	}
}

func TestRenameReplacesWholeWordsOnly(t *testing.T) {
	t.Parallel()
	operations := map[string]string{"CreateSession": "postUsersSession"}
	const text = "CreateSessionRequest: call CreateSession."
	const want = "CreateSessionRequest: call `postUsersSession`."
	if got := rename(text, operations); got != want {
		t.Errorf("rename() = %q, want %q", got, want)
	}
}

func TestForRESTKeepsWhatIsForREST(t *testing.T) {
	t.Parallel()
	const text = "An error. Over gRPC it is a status. Over REST its body is relayed. Call again.\n\nOver gRPC nothing.\n\nNo stop"
	const want = "An error. Its body is relayed. Call again.\n\nNo stop"
	if got := forREST(text); got != want {
		t.Errorf("forREST() = %q, want %q", got, want)
	}
}

func TestWithStatuses(t *testing.T) {
	t.Parallel()
	const text = "UNAUTHENTICATED if so, NOT_FOUND or INVALID_ARGUMENT otherwise."
	for anonymous, want := range map[bool]string{
		true:  "401 if so, 404 or 400 or 422 otherwise.",
		false: "401, or 403 `Session expired`, if so, 404 or 400 or 422 otherwise.",
	} {
		if got := withStatuses(text, anonymous); got != want {
			t.Errorf("withStatuses() = %q, want %q", got, want)
		}
	}
}
