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

// rename replaces whole words of a text. Comments name RPCs, which a reader of
// the REST surface does not meet: there they are operations.
func rename(text string, names map[string]string) string {
	return identifier.ReplaceAllStringFunc(text, func(word string) string {
		if name, ok := names[word]; ok {
			return "`" + name + "`"
		}
		return word
	})
}
