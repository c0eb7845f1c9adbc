package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/wingspan-grpc/session-facade/config"
	"github.com/wingspan-grpc/session-facade/test/testinputs"
)

// stubImports are the modules, or parts of one, that a Go caller's program gets
// with the stubs.
var stubImports = []string{
	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate",
	"github.com/wingspan-grpc/session-facade/config",
	"github.com/wingspan-grpc/session-facade/gen/go",
	"github.com/wingspan-grpc/session-facade/redact",
	"golang.org/x",
	"google.golang.org/genproto/googleapis",
	"google.golang.org/grpc",
	"google.golang.org/protobuf",
}

// TestStubsAreLight: who calls the facade does not build it.
func TestStubsAreLight(t *testing.T) {
	t.Parallel()
	testinputs.Add(t, "../gen/go", "../config", "../redact", "../go.mod")
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./gen/go/...", "./config", "./redact")
	list.Dir = ".."
	output, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	imports := strings.Fields(string(output))
	if !slices.Contains(imports, "google.golang.org/grpc") {
		t.Fatalf("the stubs import only %q", imports)
	}
	for _, path := range imports {
		if !slices.ContainsFunc(stubImports, func(allowed string) bool {
			return path == allowed || strings.HasPrefix(path, allowed+"/")
		}) {
			t.Errorf("the stubs import %s", path)
		}
	}
}

// readImage reads a descriptor image of gen/; what buf adds is left out.
func readImage(t *testing.T, name string) map[string]*descriptorpb.FileDescriptorProto {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "gen", name))
	if err != nil {
		t.Fatal(err)
	}
	set := &descriptorpb.FileDescriptorSet{}
	if err := (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(text, set); err != nil {
		t.Fatal(err)
	}
	if _, err := protodesc.NewFiles(set); err != nil {
		t.Errorf("%s does not hold together: %v", name, err)
	}
	files := map[string]*descriptorpb.FileDescriptorProto{}
	for _, file := range set.GetFile() {
		file.SourceCodeInfo = nil
		files[file.GetName()] = file
	}
	return files
}

const runTool = "; run make generate"

// TestImageIsTheContract: what other languages' stubs are made from is as old as
// the Go code. CI need not have their generators to notice.
func TestImageIsTheContract(t *testing.T) {
	t.Parallel()
	image, stubs := readImage(t, "descriptor.binpb"), readImage(t, "stubs.binpb")
	protoregistry.GlobalFiles.RangeFilesByPackage("wingspan.users.v1", func(file protoreflect.FileDescriptor) bool {
		want := protodesc.ToFileDescriptorProto(file)
		if diff := cmp.Diff(want, image[file.Path()], protocmp.Transform()); diff != "" {
			t.Errorf("gen/descriptor.binpb is old; run make generate (-want +got):\n%s", diff)
		}
		if file.Extensions().Len() > 0 {
			return true // it defines options, which stubs do without
		}
		if diff := cmp.Diff(want, stubs[file.Path()], protocmp.Transform(), protocmp.IgnoreMessages(
			&descriptorpb.FieldOptions{}, &descriptorpb.EnumValueOptions{}, &descriptorpb.MessageOptions{}, &descriptorpb.MethodOptions{}, &descriptorpb.FileOptions{},
		), protocmp.IgnoreFields(&descriptorpb.FileDescriptorProto{}, "dependency")); diff != "" {
			t.Errorf("gen/stubs.binpb is old%s (-want +got):\n%s", runTool, diff)
		}
		return true
	})
	for path := range stubs {
		if strings.HasPrefix(path, "google/api/") || strings.HasPrefix(path, "buf/") {
			t.Errorf("gen/stubs.binpb has %s", path)
		}
	}
}

// TestGenerateClients_SkipsWhatIsMissing: without generators, packages or root nothing is
// installed and nothing fails, unless all are asked for.
func TestGenerateClients_SkipsWhatIsMissing(t *testing.T) {
	t.Parallel()
	testinputs.Add(t, "../tools/generate-clients", "../tools/service-config")
	folder := t.TempDir()
	commands := filepath.Join(folder, "commands")
	for _, dir := range []string{commands, filepath.Join(folder, "tools"), filepath.Join(folder, "config")} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"bash", "sh", "dirname", "mkdir", "cp", "sed"} {
		path, err := exec.LookPath(name)
		if err == nil {
			err = os.Symlink(path, filepath.Join(commands, name))
		}
		if err != nil {
			t.Skip(err)
		}
	}
	for _, name := range []string{"tools/generate-clients", "tools/service-config", "config/service_config.json"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(readFile(t, filepath.Join("..", name))), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for option, fails := range map[string]bool{"": false, "--all": true} {
		run := exec.CommandContext(t.Context(), filepath.Join(commands, "bash"), append([]string{"tools/generate-clients"}, strings.Fields(option)...)...)
		run.Dir, run.Env = folder, []string{"PATH=" + commands}
		output, err := run.CombinedOutput()
		if (err != nil) != fails {
			t.Errorf("with %q: %v\n%s", option, err, output)
		}
		for _, line := range []string{
			"SKIPPED TypeScript, which stays as it is: there is no node npm",
			"SKIPPED Python, which stays as it is: there is no protoc grpc_python_plugin protoc-gen-mypy_grpc",
			"SKIPPED Java, which stays as it is: there is no protoc grpc_java_plugin",
		} {
			if !strings.Contains(string(output), line) {
				t.Errorf("with %q it does not say %q:\n%s", option, line, output)
			}
		}
	}
	shipped := readFile(t, filepath.Join(folder, "gen/ts/service_config.json"))
	if shipped != config.ServiceConfig {
		t.Error("the service config is not shipped")
	}
}

// TestServiceConfigIsShipped: each package has what Go callers get.
func TestServiceConfigIsShipped(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"ts", "python/src/wingspan/users/v1", "java/src/main/resources/io/github/wingspangrpc/users/v1"} {
		got, err := os.ReadFile(filepath.Join("..", "gen", folder, "service_config.json"))
		if err != nil || string(got) != config.ServiceConfig {
			t.Errorf("gen/%s/service_config.json is not config/service_config.json%s (%v)", folder, runTool, err)
		}
	}
}
