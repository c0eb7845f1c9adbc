package deploycheck

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
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
	"k8s.io/apimachinery/pkg/util/intstr"
	psaapi "k8s.io/pod-security-admission/api"
	psapolicy "k8s.io/pod-security-admission/policy"
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

// everything is the base and every overlay, rendered.
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

// TestSettings checks that what the container is given exists, since the server
// ignores environment variables that it does not know.
func TestSettings(t *testing.T) {
	all := flags(t)
	for folder, m := range everything(t) {
		t.Run(folder, func(t *testing.T) {
			for _, variable := range m.server().Env {
				known := slices.ContainsFunc(all, func(f flag) bool { return f.environment == variable.Name })
				if !known && !isForeign(variable.Name) {
					t.Errorf("no flag has the environment variable %s", variable.Name)
				}
			}
			if len(m.server().EnvFrom) > 0 {
				t.Error("envFrom hides which variables are set")
			}
			for _, argument := range m.server().Args {
				name, _, _ := strings.Cut(argument, "=")
				if !slices.ContainsFunc(all, func(f flag) bool { return f.name == name }) {
					t.Errorf("there is no flag %s", name)
				}
			}
		})
	}
}

// TestPorts checks that the container's ports are those the server listens on, and
// that all else refers to them by name.
func TestPorts(t *testing.T) {
	for folder, m := range everything(t) {
		t.Run(folder, func(t *testing.T) {
			for name, variable := range map[string]string{"grpc": "GRPC_ADDR", "http": "HTTP_ADDR", "admin": "ADMIN_ADDR"} {
				if got, want := fmt.Sprintf(":%d", m.containerPort(name)), m.setting(t, variable); got != want {
					t.Errorf("port %s is %s, but the server listens on %s", name, got, want)
				}
			}
			references := map[string]intstr.IntOrString{}
			for name, probe := range m.probes() {
				references[name] = probe.HTTPGet.Port
				if name == "livenessProbe" && probe.HTTPGet.Path != "/livez" || name != "livenessProbe" && probe.HTTPGet.Path != "/readyz" {
					t.Errorf("%s asks %s", name, probe.HTTPGet.Path)
				}
			}
			for _, service := range m.services {
				for _, port := range service.Spec.Ports {
					references["Service "+service.Name+" "+port.Name] = port.TargetPort
					if port.Port != m.containerPort(port.Name) {
						t.Errorf("Service %s has %s at %d", service.Name, port.Name, port.Port)
					}
				}
			}
			for _, policy := range m.policies {
				for i, rule := range policy.Spec.Ingress {
					for _, port := range rule.Ports {
						references[fmt.Sprintf("NetworkPolicy rule %d %s", i, port.Port)] = *port.Port
					}
				}
			}
			for from, port := range references {
				if port.Type != intstr.String || m.containerPort(port.StrVal) == 0 {
					t.Errorf("%s: the container has no port %s", from, port.String())
				}
			}
		})
	}
}

// probes are the container's, which all ask the admin port.
func (m *manifests) probes() map[string]*corev1.Probe {
	all := map[string]*corev1.Probe{
		"startupProbe": m.server().StartupProbe, "readinessProbe": m.server().ReadinessProbe, "livenessProbe": m.server().LivenessProbe,
	}
	maps.DeleteFunc(all, func(_ string, p *corev1.Probe) bool {
		return p == nil || p.HTTPGet == nil || p.HTTPGet.Port.StrVal != "admin"
	})
	return all
}

// TestProbes checks that all three are there, on the port that never speaks TLS.
func TestProbes(t *testing.T) {
	for folder, m := range everything(t) {
		t.Run(folder, func(t *testing.T) {
			if got := slices.Sorted(maps.Keys(m.probes())); len(got) != 3 {
				t.Errorf("of the probes, only these ask the admin port over HTTP: %v", got)
			}
		})
	}
}

// TestRestricted checks the pod by Kubernetes' own rules of the restricted level,
// then what they leave open.
func TestRestricted(t *testing.T) {
	evaluator, err := psapolicy.NewEvaluator(psapolicy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	restricted := psaapi.LevelVersion{Level: psaapi.LevelRestricted, Version: psaapi.LatestVersion()}
	for folder, m := range everything(t) {
		t.Run(folder, func(t *testing.T) {
			for _, result := range evaluator.EvaluatePod(restricted, &m.deployment.Spec.Template.ObjectMeta, m.pod()) {
				if !result.Allowed {
					t.Errorf("%s: %s", result.ForbiddenReason, result.ForbiddenDetail)
				}
			}
			pod, server := m.pod(), m.server()
			if !isTrue(server.SecurityContext.ReadOnlyRootFilesystem) {
				t.Error("the root file system can be written")
			}
			if !isFalse(pod.AutomountServiceAccountToken) || len(m.accounts) != 1 ||
				!isFalse(m.accounts[0].AutomountServiceAccountToken) || pod.ServiceAccountName != m.accounts[0].Name {
				t.Error("the pod is given a token of the cluster, or another account than its own")
			}
			if !isFalse(pod.EnableServiceLinks) {
				t.Error("other Services get into the environment")
			}
			image, err := os.ReadFile("../../Dockerfile")
			if err != nil {
				t.Fatal(err)
			}
			context := pod.SecurityContext
			if user := fmt.Sprintf("USER %d:%d", *context.RunAsUser, *context.RunAsGroup); !strings.Contains(string(image), "\n"+user+"\n") {
				t.Errorf("the Dockerfile does not have %q", user)
			}
		})
	}
}

func isTrue(b *bool) bool { return b != nil && *b }

func isFalse(b *bool) bool { return b != nil && !*b }

// TestShutdown checks that the cluster waits as long as the server may take, and the
// server as long as a call may take.
func TestShutdown(t *testing.T) {
	for folder, m := range everything(t) {
		t.Run(folder, func(t *testing.T) {
			delay, drain := m.duration(t, "SHUTDOWN_DELAY"), m.duration(t, "SHUTDOWN_TIMEOUT")
			grace := time.Duration(*m.pod().TerminationGracePeriodSeconds) * time.Second
			if grace < delay+drain+5*time.Second {
				t.Errorf("killed after %s, which is too early for %s + %s", grace, delay, drain)
			}
			if call := m.duration(t, "UPSTREAM_TIMEOUT"); drain <= call {
				t.Errorf("calls may take %s, but are cut off after %s", call, drain)
			}
			ready := m.server().ReadinessProbe
			if seen := time.Duration(ready.PeriodSeconds*ready.FailureThreshold) * time.Second; delay <= seen {
				t.Errorf("balancers that probe need %s to notice, but it serves on for %s only", seen, delay)
			}
		})
	}
}

// TestSelectors checks that whatever selects pods finds those of the Deployment.
func TestSelectors(t *testing.T) {
	for folder, m := range everything(t) {
		t.Run(folder, func(t *testing.T) {
			selectors := map[string]*metav1.LabelSelector{"Deployment": m.deployment.Spec.Selector}
			for _, budget := range m.budgets {
				selectors["PodDisruptionBudget"] = budget.Spec.Selector
			}
			for i, spread := range m.pod().TopologySpreadConstraints {
				selectors[fmt.Sprintf("topology spread %d", i)] = spread.LabelSelector
			}
			for _, policy := range m.policies {
				selectors["NetworkPolicy"] = &policy.Spec.PodSelector
			}
			for _, service := range m.services {
				selectors["Service "+service.Name] = &metav1.LabelSelector{MatchLabels: service.Spec.Selector}
			}
			for name, selector := range selectors {
				switch selects, err := metav1.LabelSelectorAsSelector(selector); {
				case err != nil:
					t.Errorf("%s: %v", name, err)
				case selects.Empty():
					t.Errorf("%s selects every pod of the namespace", name)
				case !selects.Matches(m.labels()):
					t.Errorf("%s does not select the Deployment's pods", name)
				}
			}
			for _, scaler := range m.scalers {
				target := scaler.Spec.ScaleTargetRef
				if target.APIVersion+" "+target.Kind+" "+target.Name != "apps/v1 Deployment "+m.deployment.Name {
					t.Errorf("the HorizontalPodAutoscaler scales %v", target)
				}
				if m.deployment.Spec.Replicas != nil {
					t.Error("the Deployment sets replicas, which undoes what the HorizontalPodAutoscaler did")
				}
			}
			for _, monitor := range m.monitors {
				found := 0
				for _, service := range m.services {
					selects, err := metav1.LabelSelectorAsSelector(&monitor.Spec.Selector)
					if err != nil {
						t.Fatal(err)
					}
					if selects.Matches(labels.Set(service.Labels)) && slices.ContainsFunc(service.Spec.Ports, func(p corev1.ServicePort) bool {
						return p.Name == monitor.Spec.Endpoints[0].Port
					}) {
						found++
					}
				}
				if found != 1 {
					t.Errorf("the ServiceMonitor finds %d Services, so each replica is scraped that often", found)
				}
			}
		})
	}
}

// TestServices checks that gRPC callers get the address of each replica and REST
// callers get one for all.
func TestServices(t *testing.T) {
	for folder, m := range everything(t) {
		t.Run(folder, func(t *testing.T) {
			ports := map[string]bool{}
			for _, service := range m.services {
				for _, port := range service.Spec.Ports {
					ports[port.Name] = service.Spec.ClusterIP == corev1.ClusterIPNone
				}
			}
			if want := map[string]bool{"grpc": true, "http": false, "admin": true}; !maps.Equal(ports, want) {
				t.Errorf("headless by port: %v, want %v", ports, want)
			}
		})
	}
}

// TestProduction checks what only the overlay for production has: TLS from a
// mounted Secret, metrics, and more than one replica that evictions spare.
func TestProduction(t *testing.T) {
	m := render(t, filepath.Join(deploy, "overlays", "production"))
	if len(m.budgets) != 1 || len(m.scalers) != 1 || len(m.monitors) != 1 {
		t.Errorf("%d budgets, %d scalers, %d monitors", len(m.budgets), len(m.scalers), len(m.monitors))
	}
	if replicas := m.scalers[0].Spec.MinReplicas; replicas == nil || *replicas < 2 {
		t.Error("one replica is not enough to roll out or to evict without a gap")
	}
	mounts, volumes := m.server().VolumeMounts, m.pod().Volumes
	if len(mounts) != 1 || len(volumes) != 1 || volumes[0].Secret == nil || volumes[0].Name != mounts[0].Name || !mounts[0].ReadOnly || mounts[0].SubPath != "" {
		t.Fatalf("mounts %v of %v", mounts, volumes)
	}
	for name, key := range map[string]string{"TLS_CERT": corev1.TLSCertKey, "TLS_KEY": corev1.TLSPrivateKeyKey} {
		if got, want := m.setting(t, name), mounts[0].MountPath+"/"+key; got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if mode := volumes[0].Secret.DefaultMode; mode == nil || fs.FileMode(*mode)&0o007 != 0 || m.pod().SecurityContext.FSGroup == nil {
		t.Error("the key can be read by others, or not by the server")
	}
	for _, service := range m.services {
		for _, port := range service.Spec.Ports {
			if (port.Name != "admin") != (port.AppProtocol != nil && *port.AppProtocol == "https") {
				t.Errorf("Service %s says of port %s that it speaks %v", service.Name, port.Name, port.AppProtocol)
			}
		}
	}
	if slices.Contains(m.server().Args, "--sandbox") {
		t.Error("runs the sandbox")
	}
}

// TestSandboxApart checks that the sandbox can't be taken for the real thing by
// anything that selects the real pods in the same namespace.
func TestSandboxApart(t *testing.T) {
	sandbox := render(t, filepath.Join(deploy, "overlays", "sandbox"))
	production := render(t, filepath.Join(deploy, "overlays", "production"))
	if !slices.Contains(sandbox.server().Args, "--sandbox") {
		t.Error("does not run the sandbox")
	}
	for _, service := range production.services {
		if labels.SelectorFromSet(service.Spec.Selector).Matches(sandbox.labels()) {
			t.Errorf("the real Service %s finds the sandbox", service.Name)
		}
	}
	if replicas := sandbox.deployment.Spec.Replicas; replicas == nil || *replicas != 1 || len(sandbox.scalers) > 0 {
		t.Error("more than one replica, each with sessions of its own")
	}
	if len(sandbox.policies[0].Spec.Egress) > 0 {
		t.Error("the sandbox may call out")
	}
}
