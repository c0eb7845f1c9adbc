package judge

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/wingspan-grpc/session-facade/tools/judges/internal/testbed"
)

// generator makes a client of the OpenAPI document.
type generator struct {
	name string
	args []string // of the program of that name, in tools/judges/npm
}

var generators = map[string]generator{
	"openapi-typescript": {"openapi-typescript", []string{"../../../" + Document, "--output", "made/openapi-typescript/schema.d.ts"}},
	"hey-api":            {"openapi-ts", []string{"--input", "../../../" + Document, "--output", "made/hey-api", "--silent", "--no-log-file"}},
	"orval":              {"orval", []string{"--input", "../../../" + Document, "--output", "made/orval/client.ts", "--client", "fetch"}},
}

// Generator generates a client, compiles it with a program that uses it, strictly, and
// runs that: it signs in, checks the session, signs out, and checks again.
func Generator(name string) func(context.Context, *testbed.Env, *Verdict) error {
	return func(ctx context.Context, e *testbed.Env, v *Verdict) error {
		s, err := e.Sandboxed(ctx)
		if err != nil {
			return err
		}
		if err := os.RemoveAll(filepath.Join(e.NPM(), "made", name)); err != nil {
			return err
		}
		g := generators[name]
		output, exit, err := e.OutputIn(ctx, e.NPM(), g.name, g.args...)
		if v.Check(exit == 0, "generates", "%s", testbed.Tail(output)); err != nil || exit != 0 {
			return err
		}
		compiled := "made/" + name + "/compiled"
		output, exit, err = e.OutputIn(ctx, e.NPM(), "tsc", "--strict", "--target", "es2022", "--module", "commonjs", "--moduleResolution", "node10",
			"--esModuleInterop", "--skipLibCheck", "--types", "node", "--lib", "es2022,dom,dom.iterable", "--rootDir", ".", "--outDir", compiled, name+".ts")
		if v.Check(exit == 0, "compiles", "%s", testbed.Tail(output)); err != nil || exit != 0 {
			return err
		}
		output, exit, err = e.OutputIn(ctx, e.NPM(), "node", compiled+"/"+name+".js", "http://"+s.HTTP)
		if err != nil {
			return err
		}
		steps := strings.Fields(string(output))
		for i, step := range []string{"signed-in", "checked", "signed-out", "refused"} {
			v.Check(i < len(steps) && steps[i] == step, step, "%d: %s", exit, testbed.Tail(output))
		}
		if exit != 0 && len(steps) == 4 {
			return fmt.Errorf("%s has ended with %d", name, exit)
		}
		return nil
	}
}
