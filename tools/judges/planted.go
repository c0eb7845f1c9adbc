package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/wingspan-grpc/session-facade/tools/judges/internal/testbed"
)

// planted is a mistake that somebody could make, in a copy of the file.
var planted = struct{ file, right, wrong, judge string }{"internal/certs/certs.go", "tls.VersionTLS12", "tls.VersionTLS10", "sslscan"}

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
	mistaken := strings.ReplaceAll(string(source), planted.right, planted.wrong)
	if mistaken == string(source) {
		return fmt.Errorf("%s has no %s", planted.file, planted.right)
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(e.Root, planted.file): e.File("mistaken.go", mistaken)}})
	if err != nil {
		return err
	}
	e.Overlay = e.File("overlay.json", string(overlay))
	for _, j := range choose(options{only: planted.judge}) {
		r, ran := ask(ctx, e, j, 0)
		if !ran || len(r.wrong) == 0 {
			return errors.New(planted.judge + " HAS NOT NOTICED " + planted.wrong)
		}
	}
	fmt.Printf("%s notices %s\n", planted.judge, planted.wrong)
	return nil
}
