package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// generator makes a client of the OpenAPI document.
type generator struct {
	name string
	args []string // of the program of that name, in tools/judges/npm
}

var generators = map[string]generator{
	"openapi-typescript": {"openapi-typescript", []string{"../../../" + document, "--output", "made/openapi-typescript/schema.d.ts"}},
	"hey-api":            {"openapi-ts", []string{"--input", "../../../" + document, "--output", "made/hey-api", "--silent", "--no-log-file"}},
	"orval":              {"orval", []string{"--input", "../../../" + document, "--output", "made/orval/client.ts", "--client", "fetch"}},
}

// judgeByGenerator generates a client, compiles it with a program that uses it, strictly, and
// runs that: it signs in, checks the session, signs out, and checks again.
func judgeByGenerator(name string) func(context.Context, *env, *verdict) error {
	return func(ctx context.Context, e *env, v *verdict) error {
		s, err := e.sandboxed(ctx)
		if err != nil {
			return err
		}
		if err := os.RemoveAll(filepath.Join(e.npm(), "made", name)); err != nil {
			return err
		}
		g := generators[name]
		output, exit, err := e.outputIn(ctx, e.npm(), g.name, g.args...)
		if v.check(exit == 0, "generates", "%s", tail(output)); err != nil || exit != 0 {
			return err
		}
		compiled := "made/" + name + "/compiled"
		output, exit, err = e.outputIn(ctx, e.npm(), "tsc", "--strict", "--target", "es2022", "--module", "commonjs", "--moduleResolution", "node10",
			"--esModuleInterop", "--skipLibCheck", "--types", "node", "--lib", "es2022,dom,dom.iterable", "--rootDir", ".", "--outDir", compiled, name+".ts")
		if v.check(exit == 0, "compiles", "%s", tail(output)); err != nil || exit != 0 {
			return err
		}
		output, exit, err = e.outputIn(ctx, e.npm(), "node", compiled+"/"+name+".js", "http://"+s.HTTP)
		if err != nil {
			return err
		}
		steps := strings.Fields(string(output))
		for i, step := range []string{"signed-in", "checked", "signed-out", "refused"} {
			v.check(i < len(steps) && steps[i] == step, step, "%d: %s", exit, tail(output))
		}
		if exit != 0 && len(steps) == 4 {
			return fmt.Errorf("%s has ended with %d", name, exit)
		}
		return nil
	}
}
