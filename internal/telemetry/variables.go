package telemetry

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// blame names the variable for which an exporter could not be made: the library says
// only what is wrong with its value.
func blame(err error, signal string) error {
	name := "OTEL_" + signal + "_EXPORTER"
	switch {
	case strings.Contains(err.Error(), "OTLP protocol"):
		if name = "OTEL_EXPORTER_OTLP_" + signal + "_PROTOCOL"; os.Getenv(name) == "" {
			name = "OTEL_EXPORTER_OTLP_PROTOCOL"
		}
	case strings.Contains(err.Error(), "binding address"):
		name = "OTEL_EXPORTER_PROMETHEUS_HOST and OTEL_EXPORTER_PROMETHEUS_PORT"
	}
	return fmt.Errorf("%s: %w", name, err)
}

// quoted are the names of the OTEL_ variables that a message quotes, by name, by value or
// by a part of a list. Values may be secret, names are not.
func quoted(message string) []string {
	var names []string
	words := strings.FieldsFunc(message, func(r rune) bool { return strings.ContainsRune(" \n\"[],:", r) })
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "OTEL_") {
			continue
		}
		if slices.Contains(words, name) {
			return []string{name}
		}
		found := false
		for part := range strings.SplitSeq(value, ",") {
			// A short one, such as a number, is part of many words.
			found = found || slices.Contains(words, part) || len(part) > 2 && strings.Contains(message, part)
		}
		if found {
			names = append(names, name)
		}
	}
	return names
}
