// Package commands runs the commands of the pages: of each Markdown file, as it is
// written, from a scratch copy of the repository.
package commands

import (
	"fmt"
	"regexp"
	"strings"
)

// block is what a page has between two fences, or a command that is a cell of a table.
type block struct {
	line     int    // where it begins
	language string // what the fence says
	text     string
	file     string // what the reader is told to save it as; else ""
}

// saveAs is how a page tells the reader to save the next block.
var saveAs = regexp.MustCompile("[Ss]ave this as `([^`]+)`")

// cell is a cell of a table that has a command, or some, and nothing else.
var cell = regexp.MustCompile(`^(\x60(?:go|make|npm|cd|mvn|protoc|python3|docker|kubectl|tools/[\w-]+|examples/run|\.ci/run)( [^\x60]+)?\x60(, )?)+$`)

// cells are the commands in a line of a table.
func cells(line string, number int) (found []block) {
	if !strings.HasPrefix(line, "| ") {
		return nil
	}
	for column := range strings.SplitSeq(line, " | ") {
		if column = strings.Trim(column, "| "); !cell.MatchString(column) {
			continue
		}
		for command := range strings.SplitSeq(column, ", ") {
			found = append(found, block{line: number, language: "sh", text: strings.Trim(command, "`") + "\n"})
		}
	}
	return found
}

// blocks are those of a page, in order.
func blocks(page string) (found []block, err error) {
	var open *block
	indent, file := "", ""
	for i, line := range strings.Split(page, "\n") {
		fence, isFence := strings.CutPrefix(strings.TrimLeft(line, " "), "```")
		switch {
		case isFence && open == nil:
			indent = line[:strings.Index(line, "`")]
			open = &block{line: i + 1, language: fence, file: file}
			file = ""
		case isFence:
			found = append(found, *open)
			open = nil
		case open != nil:
			open.text += strings.TrimPrefix(line, indent) + "\n"
		default:
			if named := saveAs.FindStringSubmatch(line); named != nil {
				file = named[1]
			}
			found = append(found, cells(line, i+1)...)
		}
	}
	if open != nil {
		return nil, fmt.Errorf("the block that begins in line %d does not end", open.line)
	}
	return found, nil
}

// isShell says whether the block holds commands.
func (b block) isShell() bool {
	switch b.language {
	case "sh", "bash", "shell", "console":
		return true
	}
	return strings.HasPrefix(b.text, "$ ") || strings.Contains(b.text, "\n$ ")
}

// commands are the block's lines less comments, prompts and what the commands print.
// Those that go on in the next line are one.
func (b block) commands() (commands []string) {
	prompted := strings.HasPrefix(b.text, "$ ") || strings.Contains(b.text, "\n$ ")
	for line := range strings.Lines(strings.ReplaceAll(b.text, "\\\n", " ")) {
		command, isPrompt := strings.CutPrefix(strings.TrimSpace(line), "$ ")
		if isPrompt == prompted && command != "" && !strings.HasPrefix(command, "#") {
			commands = append(commands, command)
		}
	}
	return commands
}

// prints is what the block says that its commands print.
func (b block) prints() string {
	var text strings.Builder
	for line := range strings.Lines(b.text) {
		if !strings.HasPrefix(line, "$ ") {
			text.WriteString(line)
		}
	}
	return text.String()
}
