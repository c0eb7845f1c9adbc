package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// errHelp says that help was asked for and has been printed.
var errHelp = errors.New("help")

// usageError is a mistake of the command line or the environment.
type usageError struct{ error }

// Unwrap returns what the mistake is.
func (e usageError) Unwrap() error { return e.error }

// misconfigured is what is wrong with a library's variables, unless it is that a port of
// theirs is taken.
func misconfigured(err error) error {
	if errors.As(err, new(*net.OpError)) {
		return err
	}
	return usageError{err}
}

// parse reads the command line and the environment. All that is wrong with them
// is in the error.
func parse(args []string, env func(string) (string, bool), stdout io.Writer) (*config, error) {
	c := &config{}
	settings := c.settings()
	mistakes, help := readFlags(settings, args)
	if help {
		printHelp(stdout, settings)
		return nil, errHelp
	}
	sandbox := false
	for _, s := range settings {
		if s.name == "sandbox" && s.given {
			sandbox, _ = strconv.ParseBool(s.text)
		}
	}
	for _, s := range settings {
		if err := s.resolve(env, sandbox); err != nil {
			mistakes = append(mistakes, fmt.Errorf("%s: %w", s.source, err))
		}
	}
	c.effective = settings
	if err := errors.Join(append(mistakes, c.check())...); err != nil {
		return nil, usageError{err}
	}
	return c, nil
}

// readFlags gives each setting what the command line says of it. The flag package
// stops at the first argument that it does not know: it is asked to go on behind
// that, so that one mistake does not hide the others.
func readFlags(settings []*setting, args []string) (mistakes []error, help bool) {
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	for _, s := range settings {
		flags.Var(s, s.name, s.help)
		if former := renamed[s.name]; former != "" {
			flags.Var(formerFlag{s, former}, former, s.help)
		}
	}
	for {
		before := len(args)
		err := flags.Parse(args)
		args = flags.Args()
		switch {
		case errors.Is(err, flag.ErrHelp):
			return nil, true
		case err != nil && len(args) == before: // it does not step over what is no flag at all
			mistakes = append(mistakes, unreadable(err, settings))
			args = args[1:]
		case err != nil && strings.HasPrefix(err.Error(), "bad flag syntax"): // to be met again
		case err != nil:
			mistakes = append(mistakes, unreadable(err, settings))
		case len(args) == 0:
			return mistakes, false
		default:
			mistakes = append(mistakes, unexpected(args[0], settings))
			args = args[1:]
		}
	}
}

// unreadable leaves out what is behind a flag's name, which may be a URL with a
// password in it.
func unreadable(err error, settings []*setting) error {
	said, _, _ := strings.Cut(err.Error(), "=")
	problem, name, _ := strings.Cut(said, ": -")
	switch problem {
	case "flag needs an argument":
		return fmt.Errorf("--%s needs a value; see --help", name)
	case "flag provided but not defined":
		said = "--" + short(name) + " is no flag"
	default:
		said = short(said)
	}
	return fmt.Errorf("%s; %ssee --help", said, suggest(name, settings))
}

// unexpected does not quote a URL, which may have a password in it.
func unexpected(argument string, settings []*setting) error {
	if strings.Contains(argument, "://") {
		return errors.New("unexpected argument: a URL that belongs to no flag")
	}
	name, _, _ := strings.Cut(argument, "=")
	return fmt.Errorf("unexpected argument %q; %ssee --help", short(argument), suggest(name, settings))
}

// maxName is more than the longest name of a flag. What is longer is not compared.
const maxName = 64

// maxSuggested is how many flags are named at most; --help is no longer than more of them.
const maxSuggested = 4

// short is as much of what was given as a reader needs to find it.
func short(text string) string {
	if len(text) <= maxName {
		return text
	}
	return text[:maxName] + "..."
}

// suggest asks whether the flag was meant whose name is nearest, if one is near, or one of
// those that have the name as a part of theirs.
func suggest(name string, settings []*setting) string {
	name = strings.ToLower(strings.ReplaceAll(strings.Trim(name, "-"), "_", "-"))
	if name == "" || len(name) > maxName {
		return ""
	}
	var containing []string
	nearest, least := "", 1+max(1, len(name)/4)
	for _, s := range append(settings, &setting{name: "help"}) {
		for _, known := range []string{s.name, renamed[s.name]} {
			if d := distance(name, known); known != "" && d < least {
				nearest, least = s.name, d
			}
		}
		if strings.Contains("-"+s.name+"-", "-"+name+"-") {
			containing = append(containing, "--"+s.name)
		}
	}
	if nearest != "" {
		containing = []string{"--" + nearest}
	}
	if len(containing) == 0 || len(containing) > maxSuggested {
		return ""
	}
	return "did you mean " + strings.Join(containing, " or ") + "? "
}

// distance is how many letters must be added, left out or changed to make b of a
// (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}

const description = `Usage: server [flags]

gRPC and REST in front of the SessionAndAuthentication operations of the
Wingspan Users API.

Every flag but --sandbox, --sandbox-file, --print-config, --check, --version and
--help can be given as an environment variable of the same name, for example
GRPC_ADDR for --grpc-addr; flags win. An empty variable is treated as unset.
Exit codes: 2 if a flag or a variable is wrong, 1 if the server fails or --check
finds something wrong.

Flags:
  --help
      Show this help and exit.
`

func printHelp(w io.Writer, settings []*setting) {
	fmt.Fprint(w, description)
	for _, s := range settings {
		value := ""
		if s.placeholder != "" {
			value = "=" + s.placeholder
		}
		fmt.Fprintf(w, "  --%s%s\n", s.name, value)
		for line := range wrapped(s.describe(), 74) {
			fmt.Fprintf(w, "      %s\n", line)
		}
	}
}
