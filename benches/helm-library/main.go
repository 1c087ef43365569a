// Times Helm's own library, step by step, in one process. The counterpart of ../in-process.rs: the same steps, the same
// lines of output.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/chart/common"
	commonutil "helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/engine"
	release "helm.sh/helm/v4/pkg/release/v1"
	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
)

const (
	name      = "bench"
	namespace = "default"
)

var steps = []string{"load", "values", "render", "whole"}

// values is what `helm template` does up to the engine: dependencies, coalescing, capabilities, the schema.
func values(chrt *chart.Chart) (common.Values, error) {
	none := map[string]any{}
	if err := chartutil.ProcessDependencies(chrt, none); err != nil {
		return nil, err
	}
	options := common.ReleaseOptions{Name: name, Namespace: namespace, Revision: 1, IsInstall: true}
	return commonutil.ToRenderValues(chrt, none, options, common.DefaultCapabilities.Copy())
}

// render is the engine and what follows it: documents, hooks, their order.
func render(chrt *chart.Chart, values common.Values) error {
	files, err := engine.Engine{}.Render(chrt, values)
	if err != nil {
		return err
	}
	for file := range files {
		if strings.HasSuffix(file, "NOTES.txt") {
			delete(files, file)
		}
	}
	_, _, err = releaseutil.SortManifests(files, nil, releaseutil.InstallOrder)
	return err
}

// whole is `helm template` without its process: an installation that ends before a cluster is asked, and its output.
func whole(path string) ([]byte, error) {
	chrt, err := loader.Load(path)
	if err != nil {
		return nil, err
	}
	configuration := action.NewConfiguration()
	configuration.SetLogger(slog.DiscardHandler)
	client := action.NewInstall(configuration)
	client.DryRunStrategy = action.DryRunClient
	client.Replace = true
	client.ReleaseName = name
	client.Namespace = namespace
	made, err := client.Run(chrt, map[string]any{})
	if err != nil {
		return nil, err
	}
	rel, ok := made.(*release.Release)
	if !ok {
		return nil, fmt.Errorf("a release of another version: %T", made)
	}
	var out bytes.Buffer
	fmt.Fprintln(&out, strings.TrimSpace(rel.Manifest))
	for _, h := range rel.Hooks {
		fmt.Fprintf(&out, "---\n# Source: %s\n%s\n", h.Path, h.Manifest)
	}
	return out.Bytes(), nil
}

// round times every step once, in nanoseconds. Rendering changes a chart, so each round loads its own.
func round(path string) (map[string]int64, error) {
	times := map[string]int64{}
	began := time.Now()
	lap := func(step string) {
		times[step] = time.Since(began).Nanoseconds()
		began = time.Now()
	}
	chrt, err := loader.Load(path)
	if err != nil {
		return nil, err
	}
	lap("load")
	vals, err := values(chrt)
	if err != nil {
		return nil, err
	}
	lap("values")
	if err := render(chrt, vals); err != nil {
		return nil, err
	}
	lap("render")
	if _, err := whole(path); err != nil {
		return nil, err
	}
	lap("whole")
	return times, nil
}

func run(path string, budget time.Duration, show bool) error {
	if show {
		out, err := whole(path)
		if err == nil {
			_, err = os.Stdout.Write(out)
		}
		return err
	}
	all := map[string][]int64{}
	// The first round warms caches up and doesn't count.
	for n, began := -1, time.Now(); n < 5 || time.Since(began) < budget; n++ {
		times, err := round(path)
		if err != nil {
			return err
		}
		if n < 0 {
			continue
		}
		for step, t := range times {
			all[step] = append(all[step], t)
		}
	}
	for _, step := range steps {
		slices.Sort(all[step])
		fmt.Printf("%s %d %d\n", step, all[step][0], all[step][len(all[step])/2])
	}
	return nil
}

func main() {
	seconds := flag.Float64("seconds", 3, "how long to measure")
	show := flag.Bool("show", false, "print the chart's manifests instead")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: helm-library [--seconds N] [--show] CHART\nprints for each step: its name, the least and the median time in nanoseconds")
	}
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	// What Helm warns of is no part of the comparison.
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err := run(flag.Arg(0), time.Duration(*seconds*float64(time.Second)), *show); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}
