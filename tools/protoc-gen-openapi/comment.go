package main

import (
	"regexp"
	"strconv"
	"strings"
)

// exampleMark is what a field's comment says before its example, which follows
// as a quoted string.
const exampleMark = "for example "

var identifier = regexp.MustCompile(`\w+`)

// prose turns a comment of a .proto file into text: the lines of a paragraph,
// broken to fit the file, become one; paragraphs stay apart.
func prose(comment string) string {
	var paragraphs []string
	var words []string
	flush := func() {
		if len(words) != 0 {
			paragraphs = append(paragraphs, strings.Join(words, " "))
			words = nil
		}
	}
	for line := range strings.Lines(comment) {
		found := strings.Fields(line)
		if len(found) == 0 {
			flush()
		}
		words = append(words, found...)
	}
	flush()
	return strings.Join(paragraphs, "\n\n")
}

// splitSummary returns the first sentence of a text without its full stop, and
// what follows it.
func splitSummary(text string) (summary, rest string) {
	first, others, _ := strings.Cut(text, "\n\n")
	if sentence, more, found := strings.Cut(first, ". "); found {
		others = strings.TrimSuffix(more+"\n\n"+others, "\n\n")
		first = sentence
	}
	return strings.TrimSuffix(first, "."), others
}

// example returns the value that a comment gives with `for example "…"`.
func example(text string) (string, bool) {
	_, after, found := strings.Cut(text, exampleMark)
	if !found {
		return "", false
	}
	quoted, err := strconv.QuotedPrefix(after)
	if err != nil {
		return "", false
	}
	value, err := strconv.Unquote(quoted)
	return value, err == nil
}

// Sentences that begin so are for one kind of caller only.
const (
	overGRPC = "Over gRPC "
	overREST = "Over REST "
)

// forREST leaves out of a text what is for gRPC callers only.
func forREST(text string) string {
	var paragraphs []string
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		var kept []string
		for sentence := range strings.SplitSeq(paragraph, ". ") {
			if strings.HasPrefix(sentence, overGRPC) {
				continue
			}
			if rest, found := strings.CutPrefix(sentence, overREST); found {
				sentence = strings.ToUpper(rest[:1]) + rest[1:]
			}
			kept = append(kept, strings.TrimSuffix(sentence, "."))
		}
		if len(kept) == 0 {
			continue
		}
		paragraphs = append(paragraphs, strings.Join(kept, ". "))
		if strings.HasSuffix(paragraph, ".") {
			paragraphs[len(paragraphs)-1] += "."
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

// statuses are the HTTP statuses of which comments speak by their gRPC codes.
var statuses = strings.NewReplacer(
	"INVALID_ARGUMENT", "400 or 422", "PERMISSION_DENIED", "403", "NOT_FOUND", "404", "ABORTED", "409",
	"RESOURCE_EXHAUSTED", "429", "INTERNAL", "500 or 502", "UNAVAILABLE", "502 or 503", "DEADLINE_EXCEEDED", "504",
)

// withStatuses turns the gRPC codes in what a comment says of an operation into
// HTTP statuses. Nobody has signed in where a call that signs in is refused; any
// other may be refused for a session that has ended, too.
func withStatuses(text string, anonymous bool) string {
	unauthenticated := "401, or 403 `Session expired`,"
	if anonymous {
		unauthenticated = "401"
	}
	return statuses.Replace(strings.ReplaceAll(text, "UNAUTHENTICATED", unauthenticated))
}

// rename replaces whole words of a text. Comments name RPCs and fields, which a
// reader of the REST surface does not meet: there they are operations and members.
func rename(text string, names map[string]string) string {
	return identifier.ReplaceAllStringFunc(text, func(word string) string {
		if name, ok := names[word]; ok {
			return "`" + name + "`"
		}
		return word
	})
}
