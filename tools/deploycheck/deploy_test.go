package deploycheck

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	psaapi "k8s.io/pod-security-admission/api"
	psapolicy "k8s.io/pod-security-admission/policy"
)

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
				want := m.setting(t, variable)
				if strings.HasPrefix(want, "127.0.0.1:") {
					want = ":0" // for nobody outside of the pod
				}
				if got := fmt.Sprintf(":%d", m.containerPort(name)); got != want {
					t.Errorf("port %s is %s, but the server listens on %s", name, got, want)
				}
			}
			references := map[string]intstr.IntOrString{}
			if liveness := m.server().LivenessProbe; liveness != nil && liveness.HTTPGet != nil {
				references["livenessProbe"] = liveness.HTTPGet.Port
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

// TestProbes checks that all three are there, on the port that never speaks TLS:
// readiness by gRPC health, which turns on shutdown, and liveness by what does not.
func TestProbes(t *testing.T) {
	for folder, m := range everything(t) {
		t.Run(folder, func(t *testing.T) {
			admin := m.containerPort("admin")
			for name, probe := range map[string]*corev1.Probe{"startupProbe": m.server().StartupProbe, "readinessProbe": m.server().ReadinessProbe} {
				if probe == nil || probe.GRPC == nil || probe.GRPC.Port != admin || probe.GRPC.Service != nil && *probe.GRPC.Service != "" {
					t.Errorf("the %s does not ask for gRPC health at %d: %v", name, admin, probe)
				}
			}
			if live := m.server().LivenessProbe; live == nil || live.HTTPGet == nil || live.HTTPGet.Path != "/livez" || live.HTTPGet.Port.StrVal != "admin" {
				t.Errorf("the livenessProbe does not ask the admin port for /livez: %v", live)
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
			if grace < delay+drain+finishing {
				t.Errorf("killed after %s, which is too early for %s + %s", grace, delay, drain)
			}
			if call := m.duration(t, "UPSTREAM_TIMEOUT"); drain <= call {
				t.Errorf("calls may take %s, but are cut off after %s", call, drain)
			}
			if !m.isRolling() {
				return
			}
			ready := m.server().ReadinessProbe
			if seen := seconds(ready.PeriodSeconds * ready.FailureThreshold); delay <= seen {
				t.Errorf("balancers that probe need %s to notice, but it serves on for %s only", seen, delay)
			}
			if delay < dnsTTL+resolution+endpoints {
				t.Errorf("serves on for %s, but gRPC clients may not know another replica for %s", delay, dnsTTL+resolution+endpoints)
			}
		})
	}
}

const (
	// dnsTTL is that of CoreDNS for a cluster's names, unless it is told otherwise.
	dnsTTL = 30 * time.Second
	// resolution is how often a gRPC client resolves a name at most: grpc-go's
	// MinResolutionInterval, and what gRPC's other implementations do.
	resolution = 30 * time.Second
	// endpoints is how long the cluster takes to put a replica that is ready into DNS.
	endpoints = 5 * time.Second
	// finishing is how long the server takes at most after its calls have finished, to
	// tell other replicas of the last ones, and to send what telemetry and the log have
	// still to send.
	finishing = 10 * time.Second
)

// TestRollout checks that a replica is told to go only when every caller knows its
// replacement, and that the rollout is not given up as stuck before.
func TestRollout(t *testing.T) {
	for folder, m := range everything(t) {
		t.Run(folder, func(t *testing.T) {
			if !m.isRolling() {
				return
			}
			spec := m.deployment.Spec
			minReady := seconds(spec.MinReadySeconds)
			if minReady < dnsTTL+resolution+endpoints {
				t.Errorf("the next replica goes %s after its replacement is ready, but callers know it after %s", minReady, dnsTTL+resolution+endpoints)
			}
			rolling := spec.Strategy.RollingUpdate
			if rolling == nil || rolling.MaxUnavailable.String() != "0" || rolling.MaxSurge.String() == "0" {
				t.Errorf("replicas go before their replacement is there: %v", rolling)
			}
			start := m.server().StartupProbe
			least := minReady + seconds(start.PeriodSeconds*start.FailureThreshold)
			if deadline := spec.ProgressDeadlineSeconds; deadline == nil || seconds(*deadline) < 2*least {
				t.Errorf("a replica may take %s to be available, but the rollout is given up too early for it", least)
			}
		})
	}
}

// isRolling tells whether replicas are replaced one after the other. The sandbox's only
// one is not.
func (m *manifests) isRolling() bool {
	return m.deployment.Spec.Strategy.Type == appsv1.RollingUpdateDeploymentStrategyType
}

func seconds(n int32) time.Duration { return time.Duration(n) * time.Second }

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
// callers get one for all, and that proxies are told what the ports speak: HTTP/2 where
// there may be gRPC.
func TestServices(t *testing.T) {
	for folder, m := range everything(t) {
		t.Run(folder, func(t *testing.T) {
			secured, single := m.environment("TLS_CERT") != "", strings.HasSuffix(folder, onePort)
			want := map[string]string{
				"one for all at http 8080": "http", "of each replica at grpc 9090": "kubernetes.io/h2c", "of each replica at admin 9091": "http",
			}
			if single {
				delete(want, "of each replica at grpc 9090")
				want["one for all at http 8080"], want["of each replica at http 8080"] = "kubernetes.io/h2c", "kubernetes.io/h2c"
			}
			got := map[string]string{}
			for _, service := range m.services {
				kind := map[bool]string{true: "of each replica", false: "one for all"}[service.Spec.ClusterIP == corev1.ClusterIPNone]
				for _, port := range service.Spec.Ports {
					name := fmt.Sprintf("%s at %s %d", kind, port.Name, port.Port)
					if got[name] = *port.AppProtocol; secured && port.Name != "admin" {
						want[name] = "https"
					}
				}
			}
			if !maps.Equal(got, want) {
				t.Errorf("the Services are %v, want %v", got, want)
			}
		})
	}
}

// TestProduction checks what only the overlay for production has: TLS from a
// mounted Secret, metrics, and more than one replica that evictions spare.
func TestProduction(t *testing.T) {
	m := render(t, filepath.Join(deploy, "overlays", "production"))
	if len(m.budgets) != 1 || len(m.scalers) != 1 || len(m.monitors) != 1 || len(m.rules) != 1 {
		t.Errorf("%d budgets, %d scalers, %d monitors, %d rules", len(m.budgets), len(m.scalers), len(m.monitors), len(m.rules))
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
	if slices.Contains(m.server().Args, "--sandbox") {
		t.Error("runs the sandbox")
	}
}

// TestSharedCache checks what only that component has: the address with its password from a
// Secret and nowhere else, the secret as a file that the server takes, whose other keys are not
// mounted, and as many replicas as there are at least.
func TestSharedCache(t *testing.T) {
	for _, folder := range []string{"base", filepath.Join("overlays", "production")} {
		m := renderWith(t, folder, filepath.Join("components", "shared-cache"))
		i := slices.IndexFunc(m.server().Env, func(v corev1.EnvVar) bool { return v.Name == "SESSION_CACHE_REDIS" })
		if i < 0 || m.server().Env[i].Value != "" || m.server().Env[i].ValueFrom == nil || m.server().Env[i].ValueFrom.SecretKeyRef == nil {
			t.Fatalf("%s: the address is not from a Secret", folder)
		}
		from := m.server().Env[i].ValueFrom.SecretKeyRef
		v := slices.IndexFunc(m.pod().Volumes, func(v corev1.Volume) bool { return v.Name == "shared-cache" })
		mount := slices.IndexFunc(m.server().VolumeMounts, func(v corev1.VolumeMount) bool { return v.Name == "shared-cache" })
		if v < 0 || mount < 0 || m.pod().Volumes[v].Secret == nil {
			t.Fatalf("%s: the secret is not mounted", folder)
		}
		secret, at := m.pod().Volumes[v].Secret, m.server().VolumeMounts[mount]
		if mode := secret.DefaultMode; mode == nil || fs.FileMode(*mode) != 0o440 || m.pod().SecurityContext.FSGroup == nil {
			t.Errorf("%s: the server refuses the secret, or cannot read it", folder)
		}
		if len(secret.Items) != 1 || secret.SecretName != from.Name || secret.Items[0].Key == from.Key || secret.Items[0].Mode != nil {
			t.Errorf("%s: mounted are %v", folder, secret.Items)
		}
		if got, want := m.setting(t, "SESSION_CACHE_SECRET_FILE"), at.MountPath+"/"+secret.Items[0].Path; got != want || !at.ReadOnly || at.SubPath != "" {
			t.Errorf("%s: SESSION_CACHE_SECRET_FILE is %s, want %s", folder, got, want)
		}
		if least := *m.scalers[0].Spec.MinReplicas; m.number(t, "REPLICAS") != int64(least) {
			t.Errorf("%s: REPLICAS is not %d", folder, least)
		}
		if m.duration(t, "SESSION_CACHE_TTL") == 0 {
			t.Errorf("%s: there is no cache to share", folder)
		}
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
