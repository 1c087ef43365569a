// Command repo-server calls the repo-server's own GenerateManifests for Helm applications, with Helm, with pintle as `helm` in PATH, and
// switched to pintle's plugin, and compares the manifests.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"time"

	log "github.com/sirupsen/logrus"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/reposerver/apiclient"
	"github.com/argoproj/argo-cd/v3/reposerver/repository"
	"github.com/argoproj/argo-cd/v3/util/git"
	utilio "github.com/argoproj/argo-cd/v3/util/io"

	"pintle.dev/tests/argocd/report"
	"pintle.dev/tests/argocd/sidecar"
)

var (
	pintle  = flag.String("pintle", "", "a folder in which pintle is called helm")
	server  = flag.String("cmp-server", "", "the built argocd-cmp-server")
	helm    = flag.String("helm", "", "a folder with Helm")
	project = flag.String("project", "", "the project's checkout")
	systems = flag.String("real", "", "a folder of repositories (SYSTEM/source) whose Applications are compared")
	corpus  = flag.String("corpus", "", "a folder of charts: NAME/chart and NAME/cases.json")
	charts  = flag.Int("charts", 50, "how many charts of the corpus are compared")
)

// application is one that Argo CD would render with Helm: a path of a repository.
type application struct {
	title      string
	repository string
	name       string
	namespace  string
	source     v1alpha1.ApplicationSource
}

// answer is what GenerateManifests made of it.
type answer struct {
	manifests []string
	err       error
	took      time.Duration
}

func main() {
	flag.Parse()
	log.SetLevel(log.PanicLevel)
	var all []application
	for _, found := range []func() ([]application, error){ofProject, ofReal} {
		some, err := found()
		if err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
		all = append(all, some...)
	}
	var times [2]time.Duration
	for _, a := range all {
		err, _ := compare(a, &times)
		report.Check(a.title, err)
	}
	if err := switched(all); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	if *corpus != "" {
		ofCorpus(&times)
	}
	fmt.Printf("      %.1f s with pintle, %.1f s with Helm\n", times[0].Seconds(), times[1].Seconds())
	report.Close()
}

// compare renders with both. The second result is whether Helm gives the same twice: of what depends on chance only the objects' kinds are
// compared.
func compare(a application, times *[2]time.Duration) (error, bool) {
	ours := render(a, *pintle)
	theirs := render(a, *helm)
	err := differ(theirs, ours)
	if err != nil && differ(theirs, render(a, *helm)) != nil {
		for _, a := range []*answer{&ours, &theirs} {
			for i, text := range a.manifests {
				a.manifests[i] = identity(text)
			}
		}
		return differ(theirs, ours), false
	}
	times[0] += ours.took
	times[1] += theirs.took
	return err, true
}

// identity is what chance leaves of a manifest.
func identity(manifest string) string {
	var object struct {
		APIVersion, Kind string
		Metadata         struct{ Namespace string }
	}
	if err := json.Unmarshal([]byte(manifest), &object); err != nil {
		return err.Error()
	}
	return fmt.Sprint(object)
}

func differ(wanted, got answer) error {
	switch {
	case wanted.err != nil && got.err != nil:
		if a, b := reason(wanted.err), reason(got.err); a != b {
			return fmt.Errorf("the error is %q, Helm's %q", b, a)
		}
		return nil
	case wanted.err != nil:
		return fmt.Errorf("Helm fails: %v", wanted.err)
	case got.err != nil:
		return fmt.Errorf("fails: %v", got.err)
	case len(wanted.manifests) != len(got.manifests):
		return fmt.Errorf("%d manifests, Helm's are %d", len(got.manifests), len(wanted.manifests))
	}
	for i := range wanted.manifests {
		if wanted.manifests[i] != got.manifests[i] {
			return fmt.Errorf("manifest %d is %.400s, Helm's is %.400s", i+1, got.manifests[i], wanted.manifests[i])
		}
	}
	return nil
}

// reason is Helm's part of an error: what stands before it is the command line with its temporary paths.
func reason(err error) string {
	_, after, found := strings.Cut(err.Error(), "Error: ")
	if !found {
		return err.Error()
	}
	return strings.TrimSpace(after)
}

// render lets the repo-server render an application in a copy of its repository, with the `helm` of a folder.
func render(a application, folder string) answer {
	copy, err := os.MkdirTemp("", "repository")
	if err != nil {
		return answer{err: err}
	}
	defer os.RemoveAll(copy)
	// The name is part of no output, but of messages.
	root := filepath.Join(copy, "checkout")
	if err := os.CopyFS(root, os.DirFS(a.repository)); err != nil {
		return answer{err: err}
	}
	os.Setenv("PATH", folder+":/usr/bin:/bin")
	request := &apiclient.ManifestRequest{
		AppName: a.name, Namespace: a.namespace, AppLabelKey: "app.kubernetes.io/instance", ApplicationSource: &a.source,
		KubeVersion: "v1.31.2", ApiVersions: []string{"v1", "apps/v1", "batch/v1", "networking.k8s.io/v1", "networking.k8s.io/v1/Ingress", "policy/v1", "monitoring.coreos.com/v1"},
		Repo: &v1alpha1.Repository{Repo: "https://git.example.com/" + a.name}, ProjectName: "default",
		HasMultipleSources: false, TrackingMethod: string(v1alpha1.TrackingMethodLabel),
	}
	start := time.Now()
	response, err := repository.GenerateManifests(context.Background(), filepath.Join(root, a.source.Path), root,
		"0123456789abcdef0123456789abcdef01234567", request, false, &git.NoopCredsStore{}, resource.MustParse("0"),
		utilio.NewRandomizedTempPaths(copy))
	took := time.Since(start)
	if err != nil {
		return answer{err: errors.New(strings.ReplaceAll(err.Error(), copy, "")), took: took}
	}
	wanted := v1alpha1.ApplicationSourceTypeHelm
	if a.source.Plugin != nil {
		wanted = v1alpha1.ApplicationSourceTypePlugin
	}
	if response.SourceType != string(wanted) {
		return answer{err: fmt.Errorf("the source is of type %s", response.SourceType)}
	}
	return answer{manifests: response.Manifests, took: took}
}

// switched compares what Helm renders for an application with what the plugin renders for it once its source names the plugin.
func switched(all []application) error {
	program := filepath.Join(*pintle, "pintle")
	config, err := exec.Command(program, "cmp", "config", "plugin").Output()
	if err != nil {
		return err
	}
	running, err := sidecar.Start(*server, string(config), "pintle", *pintle)
	if err != nil {
		return err
	}
	defer running.Stop()
	os.Setenv("ARGOCD_PLUGINSOCKFILEPATH", running.Sockets())
	for _, a := range all {
		wanted, got := render(a, *helm), render(asPlugin(a), *helm)
		if wanted.err != nil && got.err != nil {
			// Both refuse; the plugin's words are its own.
			wanted.err, got.err = nil, nil
		}
		report.Check("switched to the plugin: "+a.title, differ(wanted, got))
	}
	return nil
}

// asPlugin is the same application with a plugin for its source.
func asPlugin(a application) application {
	helm := a.source.Helm
	if helm == nil {
		helm = &v1alpha1.ApplicationSourceHelm{}
	}
	// What Helm renders is compared, not what a check would say of it.
	parameters := v1alpha1.ApplicationSourcePluginParameters{sidecar.Text("validation", "off")}
	texts := [][2]string{
		{"release-name", helm.ReleaseName}, {"namespace", helm.Namespace}, {"values", string(helm.ValuesYAML())}, {"kube-version", helm.KubeVersion},
	}
	for _, text := range texts {
		if text[1] != "" {
			parameters = append(parameters, sidecar.Text(text[0], text[1]))
		}
	}
	set, forced, files := map[string]string{}, map[string]string{}, map[string]string{}
	for _, p := range helm.Parameters {
		if p.ForceString {
			forced[p.Name] = p.Value
		} else {
			set[p.Name] = p.Value
		}
	}
	for _, p := range helm.FileParameters {
		files[p.Name] = p.Path
	}
	parameters = append(parameters, sidecar.Map("set", set), sidecar.Map("set-string", forced), sidecar.Map("set-file", files))
	if len(helm.ValueFiles) > 0 {
		parameters = append(parameters, sidecar.Array("value-files", helm.ValueFiles...))
	}
	if len(helm.APIVersions) > 0 {
		parameters = append(parameters, sidecar.Array("api-versions", helm.APIVersions...))
	}
	switches := map[string]bool{"ignore-missing-value-files": helm.IgnoreMissingValueFiles, "skip-tests": helm.SkipTests, "include-crds": !helm.SkipCrds, "skip-schema-validation": helm.SkipSchemaValidation}
	for name, on := range switches {
		parameters = append(parameters, sidecar.Text(name, fmt.Sprint(on)))
	}
	a.source.Helm = nil
	a.source.Plugin = &v1alpha1.ApplicationSourcePlugin{Name: "pintle", Parameters: parameters}
	return a
}

// ofProject are the project's own charts, with everything that an Application may say of Helm.
func ofProject() ([]application, error) {
	if *project == "" {
		return nil, nil
	}
	folder, err := os.MkdirTemp("", "project")
	if err != nil {
		return nil, err
	}
	for _, part := range []string{"charts", "values"} {
		if err := os.CopyFS(filepath.Join(folder, part), os.DirFS(filepath.Join(*project, part))); err != nil {
			return nil, err
		}
	}
	var all []application
	add := func(title, path string, helm *v1alpha1.ApplicationSourceHelm) {
		source := v1alpha1.ApplicationSource{RepoURL: "https://git.example.com/x", Path: path, TargetRevision: "HEAD", Helm: helm}
		all = append(all, application{"project: " + title, folder, "argocd_shop", "shop", source})
	}
	values, err := filepath.Glob(filepath.Join(folder, "values/*/*.yaml"))
	if err != nil {
		return nil, err
	}
	for _, file := range values {
		inner, _ := filepath.Rel(filepath.Join(folder, "values"), file)
		chart := filepath.Dir(inner)
		add(inner, "charts/"+chart, &v1alpha1.ApplicationSourceHelm{ValueFiles: []string{"/values/" + inner}})
	}
	web := func(title string, helm v1alpha1.ApplicationSourceHelm) { add("web with "+title, "charts/web", &helm) }
	web("nothing", v1alpha1.ApplicationSourceHelm{})
	web("releaseName, namespace", v1alpha1.ApplicationSourceHelm{ReleaseName: "other", Namespace: "elsewhere"})
	web("parameters", v1alpha1.ApplicationSourceHelm{Parameters: []v1alpha1.HelmParameter{
		{Name: "replicas", Value: "3"}, {Name: "image.tag", Value: "1,2", ForceString: true}, {Name: "ingress.host", Value: "$ARGOCD_APP_NAME.example.com"},
	}})
	web("fileParameters", v1alpha1.ApplicationSourceHelm{FileParameters: []v1alpha1.HelmFileParameter{{Name: "image.tag", Path: "Chart.yaml"}}})
	web("values", v1alpha1.ApplicationSourceHelm{Values: "ingress: {enabled: true, host: a.example.com}\n"})
	web("valuesObject", v1alpha1.ApplicationSourceHelm{ValuesObject: runtimeObject(`{"replicas": 4}`)})
	web("ignoreMissingValueFiles", v1alpha1.ApplicationSourceHelm{ValueFiles: []string{"absent.yaml"}, IgnoreMissingValueFiles: true})
	web("skipCrds, skipTests, skipSchemaValidation", v1alpha1.ApplicationSourceHelm{SkipCrds: true, SkipTests: true, SkipSchemaValidation: true})
	web("kubeVersion, apiVersions", v1alpha1.ApplicationSourceHelm{KubeVersion: "1.28.0", APIVersions: []string{"autoscaling/v2"}})
	web("an absent value file", v1alpha1.ApplicationSourceHelm{ValueFiles: []string{"absent.yaml"}})
	web("a value of the wrong kind", v1alpha1.ApplicationSourceHelm{Values: "image: text\n"})
	web("a release name that isn't allowed", v1alpha1.ApplicationSourceHelm{ReleaseName: "Not_Allowed"})
	return all, nil
}

// ofReal are the Applications of repositories whose source is a chart in the same repository.
func ofReal() ([]application, error) {
	if *systems == "" {
		return nil, nil
	}
	var all []application
	roots, err := filepath.Glob(filepath.Join(*systems, "*", "source"))
	if err != nil {
		return nil, err
	}
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".yaml") {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, document := range strings.Split(string(text), "\n---") {
				var app v1alpha1.Application
				if yaml.Unmarshal([]byte(document), &app) != nil || app.Kind != "Application" || app.Spec.Source == nil {
					continue
				}
				source := *app.Spec.Source
				if source, err = locate(root, source); err != nil {
					continue
				}
				title := "real: " + filepath.Base(filepath.Dir(root)) + "/" + app.Name
				all = append(all, application{title, root, app.Name, app.Spec.Destination.Namespace, source})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no Helm application below %s", *systems)
	}
	return all, nil
}

// locate finds the chart of a source. A repository of several is kept in folders here, so a path may lie one folder deeper.
func locate(root string, source v1alpha1.ApplicationSource) (v1alpha1.ApplicationSource, error) {
	candidates, _ := filepath.Glob(filepath.Join(root, "*", source.Path, "Chart.yaml"))
	candidates = append([]string{filepath.Join(root, source.Path, "Chart.yaml")}, candidates...)
	for _, chart := range candidates {
		if _, err := os.Stat(chart); err == nil && source.Path != "" {
			source.Path, err = filepath.Rel(root, filepath.Dir(chart))
			return source, err
		}
	}
	return source, errors.New("no chart")
}

// ofCorpus compares as many charts as are asked for, taken evenly from all, with their first values file if they have one.
func ofCorpus(times *[2]time.Duration) {
	found, err := filepath.Glob(filepath.Join(*corpus, "*", "cases.json"))
	sort.Strings(found)
	if err != nil || len(found) == 0 {
		report.Check("the corpus", fmt.Errorf("no charts below %s: %v", *corpus, err))
		return
	}
	compared, byChance := 0, 0
	step := max(1, len(found) / *charts)
	for offset := 0; offset < step && compared < *charts; offset++ {
		for i := offset; i < len(found) && compared < *charts; i += step {
			folder := filepath.Dir(found[i])
			var listed struct{ Cases [][]string }
			text, err := os.ReadFile(found[i])
			if err == nil {
				err = json.Unmarshal(text, &listed)
			}
			helm := &v1alpha1.ApplicationSourceHelm{}
			for _, files := range listed.Cases {
				if len(files) > 0 {
					for _, file := range files {
						helm.ValueFiles = append(helm.ValueFiles, strings.TrimPrefix(file, "chart/"))
					}
					break
				}
			}
			a := application{
				"corpus: " + filepath.Base(folder), folder, "demo", "demo",
				v1alpha1.ApplicationSource{RepoURL: "https://git.example.com/x", Path: "chart", Helm: helm},
			}
			comparable := true
			if err == nil {
				err, comparable = compare(a, times)
			}
			if !comparable {
				byChance++
				report.Check(a.title+" (by chance: kinds only)", err)
				continue
			}
			compared++
			report.Check(a.title, err)
		}
	}
	fmt.Printf("      %d charts compared whole, %d by the kinds of their objects because Helm gives something else each time\n", compared, byChance)
}

func runtimeObject(text string) *runtime.RawExtension {
	return &runtime.RawExtension{Raw: []byte(text)}
}
