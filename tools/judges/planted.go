package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wingspan-grpc/session-facade/tools/judges/internal/testbed"
)

// planted is a mistake that somebody could make: to serve old clients, in a copy of the file.
var planted = struct {
	file, judge string
	mistake     *strings.Replacer
}{"internal/certs/certs.go", "sslscan", strings.NewReplacer("tls.VersionTLS12", "tls.VersionTLS10", "CipherSuites: suites,", "")}

// showPlanted builds a server with the mistake, and fails unless the judge does notice.
func showPlanted(ctx context.Context) error {
	e, err := testbed.New()
	if err != nil {
		return err
	}
	defer e.Close()
	source, err := os.ReadFile(planted.file)
	if err != nil {
		return err
	}
	mistaken := planted.mistake.Replace(string(source))
	if mistaken == string(source) {
		return fmt.Errorf("%s has nothing to mistake", planted.file)
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(e.Root, planted.file): e.File("mistaken.go", mistaken)}})
	if err != nil {
		return err
	}
	e.Overlay = e.File("overlay.json", string(overlay))
	for _, j := range choose(options{only: planted.judge}) {
		r, ran := ask(ctx, e, j, 0)
		noticed := slices.ContainsFunc(r.wrong, func(line string) bool { return strings.Contains(line, "tls 1.0: enabled") })
		if !ran || !noticed {
			return errors.New(planted.judge + " HAS NOT NOTICED TLS 1.0")
		}
	}
	fmt.Println(planted.judge, "notices TLS 1.0")
	return nil
}
