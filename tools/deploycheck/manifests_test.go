package deploycheck

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/json"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

const (
	deploy = "../../deploy"
	readme = "../../README.md"
)

// isForeign tells whether a variable is read by the Go runtime or by OpenTelemetry,
// not by a flag.
func isForeign(variable string) bool {
	return slices.Contains([]string{"GOMEMLIMIT", "GOMAXPROCS", "GOGC"}, variable) || strings.HasPrefix(variable, "OTEL_")
}

// manifests are the objects of one rendered folder.
type manifests struct {
	deployment *appsv1.Deployment
	services   []*corev1.Service
	accounts   []*corev1.ServiceAccount
	budgets    []*policyv1.PodDisruptionBudget
	scalers    []*autoscalingv2.HorizontalPodAutoscaler
	policies   []*networkingv1.NetworkPolicy
	monitors   []*monitoringv1.ServiceMonitor
	rules      []*monitoringv1.PrometheusRule
}

func (m *manifests) pod() *corev1.PodSpec { return &m.deployment.Spec.Template.Spec }

func (m *manifests) server() *corev1.Container { return &m.pod().Containers[0] }

func (m *manifests) labels() labels.Set { return m.deployment.Spec.Template.Labels }

// decode adds an object, as strictly as an API server would: a field that the type
// does not have, or has with other capitals, is an error.
func (m *manifests) decode(document []byte) error {
	var kind metav1.TypeMeta
	if err := yaml.Unmarshal(document, &kind); err != nil {
		return err
	}
	switch kind.APIVersion + " " + kind.Kind {
	case "apps/v1 Deployment":
		if m.deployment != nil {
			return errors.New("a second Deployment")
		}
		m.deployment = &appsv1.Deployment{}
		return unmarshal(document, m.deployment)
	case "v1 Service":
		return decodeInto(document, &m.services)
	case "v1 ServiceAccount":
		return decodeInto(document, &m.accounts)
	case "policy/v1 PodDisruptionBudget":
		return decodeInto(document, &m.budgets)
	case "autoscaling/v2 HorizontalPodAutoscaler":
		return decodeInto(document, &m.scalers)
	case "networking.k8s.io/v1 NetworkPolicy":
		return decodeInto(document, &m.policies)
	case "monitoring.coreos.com/v1 ServiceMonitor":
		return decodeInto(document, &m.monitors)
	case "monitoring.coreos.com/v1 PrometheusRule":
		return decodeInto(document, &m.rules)
	}
	return fmt.Errorf("%s %s: not a kind that is checked here", kind.APIVersion, kind.Kind)
}

func decodeInto[T any](document []byte, list *[]*T) error {
	object := new(T)
	*list = append(*list, object)
	return unmarshal(document, object)
}

// unmarshal does not leave it to the yaml package, which ignores case.
func unmarshal(document []byte, object any) error {
	text, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		return err
	}
	strict, err := json.UnmarshalStrict(text, object)
	return errors.Join(append(strict, err)...)
}

// render builds a folder as `kubectl apply -k` would.
func render(t *testing.T, folder string) *manifests {
	t.Helper()
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		t.Fatal(err)
	}
	m := &manifests{}
	for _, resource := range resources.Resources() {
		document, err := resource.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		if err := m.decode(document); err != nil {
			t.Errorf("%s: %v", resource.CurId(), err)
		}
	}
	if m.deployment == nil || len(m.pod().Containers) != 1 {
		t.Fatal("not one Deployment with one container")
	}
	return m
}

// renderWith builds an overlay with a component that it does not have itself.
func renderWith(t *testing.T, overlay, component string) *manifests {
	t.Helper()
	folder := t.TempDir()
	to := func(part string) string {
		from, err := filepath.EvalSymlinks(folder)
		if err != nil {
			t.Fatal(err)
		}
		target, err := filepath.Abs(filepath.Join(deploy, part))
		if err != nil {
			t.Fatal(err)
		}
		relative, err := filepath.Rel(from, target)
		if err != nil {
			t.Fatal(err)
		}
		return filepath.ToSlash(relative)
	}
	text := fmt.Sprintf("resources: [%s]\ncomponents: [%s]\n", to(overlay), to(component))
	if err := os.WriteFile(filepath.Join(folder, "kustomization.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return render(t, folder)
}

// onePort ends the names of what has the component of that name.
const onePort = " with one port"

// sharedCache ends the names of what has the component of that name.
const sharedCache = " with a shared cache"

// everything is the base and every overlay, rendered, what has one port only, and what shares
// sessions.
func everything(t *testing.T) map[string]*manifests {
	t.Helper()
	overlays, err := filepath.Glob(filepath.Join(deploy, "overlays", "*"))
	if err != nil || len(overlays) == 0 {
		t.Fatalf("no overlays: %v", err)
	}
	all := map[string]*manifests{}
	for _, folder := range append(overlays, filepath.Join(deploy, "base")) {
		all[filepath.Base(folder)] = render(t, folder)
	}
	for _, folder := range []string{"base", filepath.Join("overlays", "production")} {
		all[filepath.Base(folder)+onePort] = renderWith(t, folder, filepath.Join("components", "one-port"))
		all[filepath.Base(folder)+sharedCache] = renderWith(t, folder, filepath.Join("components", "shared-cache"))
	}
	return all
}

// flag is a row of the README's table of flags.
type flag struct{ name, environment, fallback string }

var flagRow = regexp.MustCompile("(?m)^\\| `(--[a-z-]+)` \\| (?:`([A-Z_]+)`)? ?\\| (?:`([^`]*)`)? ?\\|")

// flags are the server's, as the README lists them; a test of the server keeps that
// list true.
func flags(t *testing.T) []flag {
	t.Helper()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "<!-- configuration:")
	table, _, ended := strings.Cut(table, "<!-- end -->")
	rows := flagRow.FindAllStringSubmatch(table, -1)
	if !found || !ended || len(rows) < 10 {
		t.Fatalf("the README's table of flags has %d rows", len(rows))
	}
	all := make([]flag, 0, len(rows))
	for _, row := range rows {
		all = append(all, flag{name: row[1], environment: row[2], fallback: row[3]})
	}
	return all
}

// setting is the value of an environment variable in the manifests, or the flag's
// default.
func (m *manifests) setting(t *testing.T, name string) string {
	t.Helper()
	if value := m.environment(name); value != "" {
		return value
	}
	for _, flag := range flags(t) {
		if flag.environment == name {
			return flag.fallback
		}
	}
	t.Fatalf("no flag has %s", name)
	return ""
}

// environment is the value of an environment variable in the manifests.
func (m *manifests) environment(name string) string {
	for _, variable := range m.server().Env {
		if variable.Name == name {
			return variable.Value
		}
	}
	return ""
}

func (m *manifests) duration(t *testing.T, name string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(m.setting(t, name))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return d
}

// containerPort is the number of a named port of the container; 0 if there is none.
func (m *manifests) containerPort(name string) int32 {
	for _, port := range m.server().Ports {
		if port.Name == name {
			return port.ContainerPort
		}
	}
	return 0
}
