// Command plugin drives Argo CD's own argocd-cmp-server with pintle as its plugin, by gRPC as the repo-server does, on the project's
// systems and a few fixtures. With -requests it measures many requests at once instead, beside the same with Helm.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/argoproj/gitops-engine/pkg/utils/kube"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"

	"pintle.dev/tests/argocd/report"
	"pintle.dev/tests/argocd/sidecar"
)

var (
	cmpServer = flag.String("cmp-server", "", "the built argocd-cmp-server")
	pintle    = flag.String("pintle", "", "the program under test")
	project   = flag.String("project", "", "the project's checkout")
	helm      = flag.String("helm", "", "with -requests: the Helm to measure beside")
	requests  = flag.Int("requests", 0, "measure this many requests, 8 at a time")
)

func main() {
	flag.Parse()
	repository, err := os.MkdirTemp("", "repository")
	if err != nil {
		fatal(err)
	}
	defer os.RemoveAll(repository)
	if err := LayOut(*project, repository); err != nil {
		fatal(err)
	}
	plugin, err := exec.Command(*pintle, "cmp", "config", "plugin").Output()
	if err != nil {
		fatal(err)
	}
	path := filepath.Dir(*pintle)
	if *requests > 0 {
		err = load(repository, path)
	} else {
		err = contract(repository, string(plugin), path)
	}
	if err != nil {
		fatal(err)
	}
	_ = os.RemoveAll(repository)
	report.Close()
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "error:", err)
	os.Exit(1)
}

// contract checks each call of the plugin's service.
func contract(repository, plugin, path string) error {
	server, err := sidecar.Start(*cmpServer, plugin, "pintle", path)
	if err != nil {
		return err
	}
	defer server.Stop()
	ctx := context.Background()

	answer, err := server.Client.CheckPluginConfiguration(ctx, &emptypb.Empty{})
	if err == nil && (answer.IsDiscoveryConfigured || answer.ProvideGitCreds) {
		err = fmt.Errorf("%v", answer)
	}
	report.Check("check: no discovery, no credentials of Git", err)

	systems(ctx, server, repository)
	parameters(ctx, server, repository)
	announcements(ctx, server, repository)
	failures(ctx, server, repository)
	if err := timeouts(ctx, server, repository, plugin, path); err != nil {
		return err
	}
	together(ctx, server, repository)

	left, err := server.Leftovers()
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("%v", left)
	}
	report.Check("nothing is left behind in the sidecar's /tmp", err)
	return nil
}

// systems compares what the plugin gives for each release of pintle.yaml with what Helm printed for it.
func systems(ctx context.Context, server *sidecar.Server, repository string) {
	releases, err := Releases(*project)
	if err == nil && len(releases) == 0 {
		err = errors.New("pintle.yaml lists no releases")
	}
	report.Check("pintle.yaml is read", err)
	byEnvironment := map[string]int{}
	for _, r := range releases {
		golden, err := os.ReadFile(filepath.Join(*project, "tests/systems/golden", r.Environment, r.Release+".yaml"))
		var wanted, got []string
		if err == nil {
			wanted, err = kube.SplitYAMLToString(golden)
		}
		if err == nil {
			got, err = server.Generate(ctx, repository, r.Application())
		}
		if err == nil {
			err = same(wanted, got)
		}
		byEnvironment[r.Environment] += len(wanted)
		report.Check("generate: "+r.Release+" in "+r.Environment+" as Helm printed it", err)
	}
	for environment, wanted := range byEnvironment {
		all := sidecar.Application{Name: "all", Namespace: "x", Path: ".", KubeVersion: "1.37.0"}.With(sidecar.Text("environment", environment))
		got, err := server.Generate(ctx, repository, all)
		if err == nil && len(got) != wanted {
			err = fmt.Errorf("%d manifests, %d wanted", len(got), wanted)
		}
		report.Check("generate: all releases of "+environment, err)
	}
}

// same compares manifests as JSON, in their order.
func same(wanted, got []string) error {
	if len(wanted) != len(got) {
		return fmt.Errorf("%d manifests, %d wanted", len(got), len(wanted))
	}
	for i := range wanted {
		if wanted[i] != got[i] {
			return fmt.Errorf("manifest %d is %.300s, wanted is %.300s", i+1, got[i], wanted[i])
		}
	}
	return nil
}

func probe() sidecar.Application {
	return sidecar.Application{
		Name: "argocd_shop", Namespace: "shop", Path: "cases/probe", KubeVersion: "1.31.0", APIVersions: []string{"v1", "x.dev/v1"},
		Env: map[string]string{"REGION": "eu"},
	}
}

// parameters checks that each parameter does what it says, once more than one kind of text is involved.
func parameters(ctx context.Context, server *sidecar.Server, repository string) {
	map1 := func(key, value string) map[string]string { return map[string]string{key: value} }
	cases := []struct {
		parameter v1alpha1.ApplicationSourcePluginParameter
		wanted    string
	}{
		{sidecar.Text("release-name", "other"), `"name":"other"`},
		{sidecar.Text("namespace", "elsewhere"), `"namespace":"elsewhere"`},
		{sidecar.Text("environment", "prod"), `"note":"of prod"`},
		{sidecar.Array("value-files", "/cases/values/a.yaml"), `"note":"of a file"`},
		{sidecar.Array("value-files", "../values/?.yaml"), `"note":"of a file"`},
		{sidecar.Array("value-files", "/cases/v*/**/a.yaml", "../values/a.yaml"), `"note":"of a file"`},
		{sidecar.Map("values", map1("image.tag", "v2")), `"tag":"v2"`},
		{sidecar.Text("values", "image: {tag: v3}"), `"tag":"v3"`},
		{sidecar.Text("values.image.tag", "10"), `"tag":"10"`},
		{sidecar.Text("values.replicas", "3"), `"replicas":"3"`},
		{sidecar.Text("values.count", "008"), `"count":"008"`},
		{sidecar.Array("values.ports", "1", "2"), `"ports":"[1,2]"`},
		{sidecar.Map("values.labels", map1("a.b", "1")), `"labels":"{\"a.b\":\"1\"}"`},
		{sidecar.Map("set", map1("note", "a,b")), `"note":"a,b"`},
		{sidecar.Array("set", "replicas=5"), `"replicas":"5"`},
		{sidecar.Array("set", "note=$ARGOCD_APP_NAMESPACE-$ARGOCD_ENV_REGION-$HOME"), `"note":"shop-eu-"`},
		{sidecar.Map("set-string", map1("count", "009")), `"count":"009"`},
		{sidecar.Map("set-file", map1("note", "/cases/values/text.md")), `"note":"from a text"`},
		{sidecar.Array("api-versions", "y.dev/v1"), `"api":"false"`},
		{sidecar.Text("kube-version", "1.33.1"), `"kube":"v1.33.1"`},
		{sidecar.Text("cluster", "/cases/clusters/prod.yaml"), `"kube":"v1.33.7"`},
		{sidecar.Text("overlay", "../laid-over"), `"name":"laid-over-shop"`},
		{sidecar.Text("validation", "warn"), `"name":"shop"`},
	}
	for _, c := range cases {
		got, err := server.Generate(ctx, repository, probe().With(c.parameter))
		if all := strings.Join(got, "\n"); err == nil && !strings.Contains(all, c.wanted) {
			err = fmt.Errorf("no %s in %s", c.wanted, all)
		}
		report.Check("generate: parameter "+c.parameter.Name+" gives "+c.wanted, err)
	}
	kinds := func(wanted int, parameters ...v1alpha1.ApplicationSourcePluginParameter) error {
		got, err := server.Generate(ctx, repository, probe().With(parameters...))
		if err == nil && len(got) != wanted {
			err = fmt.Errorf("%d manifests, %d wanted: %v", len(got), wanted, got)
		}
		return err
	}
	report.Check("generate: without parameters the CRD, the config map and the test are there", kinds(3))
	report.Check("generate: parameter include-crds=false", kinds(2, sidecar.Text("include-crds", "false")))
	report.Check("generate: parameter skip-schema-validation=true", kinds(3, sidecar.Text("values.replicas", "many"), sidecar.Text("skip-schema-validation", "true")))
	report.Check("generate: parameter skip-tests=true", kinds(2, sidecar.Text("skip-tests", "true")))
	missing := sidecar.Array("value-files", "absent.yaml")
	report.Check("generate: parameter ignore-missing-value-files", kinds(3, missing, sidecar.Text("ignore-missing-value-files", "true")))
	none := []v1alpha1.ApplicationSourcePluginParameter{sidecar.Text("values.enabled", "false"), sidecar.Text("include-crds", "false")}
	report.Check("generate: parameter allow-empty", kinds(0, append(none, sidecar.Text("allow-empty", "true"))...))

	for path, wanted := range map[string]int{"cases/overlay": 1, "cases/plain": 2} {
		got, err := server.Generate(ctx, repository, sidecar.Application{Name: "a", Namespace: "a", Path: path})
		if err == nil && len(got) != wanted {
			err = fmt.Errorf("%v", got)
		}
		report.Check("generate: "+path, err)
	}
}

// announcements checks what the application's page gets, and that what it shows means what is there already.
func announcements(ctx context.Context, server *sidecar.Server, repository string) {
	answer, err := server.Announce(ctx, repository, probe().With(sidecar.Text("environment", "prod")))
	announced := map[string]string{}
	for _, a := range answer.GetParameterAnnouncements() {
		announced[a.Name] = a.String_
	}
	for name, wanted := range map[string]string{
		"release-name": "shop", "values.note": "of prod", "values.image.tag": "v1", "values.count": "007", "values.password": "",
		"value-files": "", "set-file": "",
	} {
		if got, there := announced[name]; err == nil && (!there || got != wanted) {
			err = fmt.Errorf("%s is %q, %q wanted, in %v", name, got, wanted, announced)
		}
	}
	report.Check("announcement: parameters and the chart's own values", err)

	for _, a := range []sidecar.Application{probe(), {Name: "web", Namespace: "web", Path: "charts/web"}} {
		answer, err := server.Announce(ctx, repository, a)
		var shown []v1alpha1.ApplicationSourcePluginParameter
		for _, p := range answer.GetParameterAnnouncements() {
			switch {
			case p.CollectionType == "array" && len(p.Array) > 0:
				shown = append(shown, sidecar.Array(p.Name, p.Array...))
			case p.CollectionType == "map" && len(p.Map) > 0:
				shown = append(shown, sidecar.Map(p.Name, p.Map))
			case p.String_ != "":
				shown = append(shown, sidecar.Text(p.Name, p.String_))
			}
		}
		if err == nil && len(shown) < 5 {
			err = fmt.Errorf("%d parameters have defaults: %v", len(shown), shown)
		}
		if err == nil {
			var before, after []string
			before, err = server.Generate(ctx, repository, a)
			if err == nil {
				after, err = server.Generate(ctx, repository, a.With(shown...))
			}
			if err == nil {
				err = same(before, after)
			}
		}
		report.Check("announcement: the defaults of "+a.Path+", sent back, change nothing", err)
	}
	answer, err = server.Announce(ctx, repository, sidecar.Application{Name: "a", Namespace: "a", Path: "."})
	has := func(name string) bool {
		for _, a := range answer.GetParameterAnnouncements() {
			if a.Name == name {
				return true
			}
		}
		return false
	}
	if err == nil && !has("environment") {
		err = fmt.Errorf("%v", answer)
	}
	report.Check("announcement: of a pintle.yaml", err)
}

// failures checks errors as a user of Argo CD sees them.
func failures(ctx context.Context, server *sidecar.Server, repository string) {
	fails := func(name string, a sidecar.Application, parts ...string) {
		got, err := server.Generate(ctx, repository, a)
		if err == nil {
			report.Check(name, fmt.Errorf("succeeded with %v", got))
			return
		}
		message := err.Error()
		err = nil
		for _, part := range parts {
			if !strings.Contains(message, part) {
				err = fmt.Errorf("no %q in %q", part, message)
			}
		}
		for _, part := range []string{"hunter2", server.Temp, "\x1b", "_cmp_server"} {
			if strings.Contains(message, part) {
				err = fmt.Errorf("%q in %q", part, message)
			}
		}
		// The server puts the command in front; the whole stands on one page.
		if len(message) > 1200 {
			err = fmt.Errorf("%d bytes long", len(message))
		}
		report.Check(name, err)
	}
	fails("error: of a template, with its place and without secrets", probe().With(sidecar.Text("values.note", "fail")),
		"password *** is bad", "probe/templates/a.yaml:18")
	fails("error: an unknown parameter", probe().With(sidecar.Text("relase-name", "a")), "did you mean release-name?")
	fails("error: a missing value file", probe().With(sidecar.Array("value-files", "absent.yaml")), "value file absent.yaml doesn't exist")
	fails("error: a file outside of the repository", probe().With(sidecar.Array("value-files", "../../../../../etc/hosts")), "leads out of the repository")
	fails("error: no environment named", sidecar.Application{Name: "a", Namespace: "a", Path: "."}, "several environments", "prod")
	fails("error: a folder without anything to render", sidecar.Application{Name: "a", Namespace: "a", Path: "cases/values"}, "")
	empty := probe().With(sidecar.Text("values.enabled", "false"), sidecar.Text("include-crds", "false"))
	fails("error: an empty render", empty, "cases/probe renders no objects", "allow-empty=true")
}

// timeouts checks both limits of time: the plugin's own, which says what was slow, and the caller's.
func timeouts(ctx context.Context, server *sidecar.Server, repository, plugin, path string) error {
	slow := probe().With(sidecar.Text("values.note", "slow"))
	impatient, err := sidecar.Start(*cmpServer, plugin, "pintle", path, "PINTLE_CMP_TIMEOUT=700ms")
	if err != nil {
		return err
	}
	defer impatient.Stop()
	start := time.Now()
	_, err = impatient.Generate(ctx, repository, slow)
	took := time.Since(start)
	switch {
	case err == nil:
		err = errors.New("succeeded")
	case !strings.Contains(err.Error(), "rendering cases/probe took longer than 700ms"):
	case took > 10*time.Second:
		err = fmt.Errorf("took %v", took)
	default:
		err = nil
	}
	report.Check("time-out: the plugin's own, with the name of what was slow", err)

	short, cancel := context.WithTimeout(ctx, 1500*time.Millisecond)
	defer cancel()
	_, err = server.Generate(short, repository, slow)
	if err != nil && (status.Code(err) == codes.DeadlineExceeded || strings.Contains(err.Error(), "signal")) {
		err = nil
	} else {
		err = fmt.Errorf("%v", err)
	}
	report.Check("time-out: the caller's", err)
	err = errors.New("the plugin is still running")
	for deadline := time.Now().Add(8 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if len(server.Children()) == 0 {
			err = nil
			break
		}
	}
	report.Check("time-out: the plugin ends with its request", err)
	_, err = server.Generate(ctx, repository, probe())
	report.Check("time-out: the next request is served", err)
	return nil
}

// together asks for 20 different renders at once.
func together(ctx context.Context, server *sidecar.Server, repository string) {
	var group sync.WaitGroup
	wrong := make([]error, 20)
	start := time.Now()
	for i := range wrong {
		group.Go(func() {
			a, b := fmt.Sprintf("note-%d", i), fmt.Sprintf("app-%d", i)
			got, err := server.Generate(ctx, repository, func() sidecar.Application {
				app := probe().With(sidecar.Text("values.note", a))
				app.Name = b
				return app
			}())
			all := strings.Join(got, "\n")
			if err == nil && !(strings.Contains(all, `"note":"`+a+`"`) && strings.Contains(all, `"name":"`+b+`"`)) {
				err = fmt.Errorf("the answer to %s is %s", a, all)
			}
			wrong[i] = err
		})
	}
	group.Wait()
	report.Check(fmt.Sprintf("20 requests at once, each with its own answer (%v)", time.Since(start).Round(time.Millisecond)), errors.Join(wrong...))
	_, err := server.Client.CheckPluginConfiguration(ctx, &emptypb.Empty{})
	report.Check("the server answers afterwards", err)
}
