package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"sigs.k8s.io/yaml"

	"pintle.dev/tests/argocd/sidecar"
)

// Release is a release of the project's pintle.yaml in one environment: what Helm would be called with.
type Release struct {
	Release, Environment   string
	Chart, Name, Namespace string
	Values                 []string
}

// Releases reads the parts of a pintle.yaml that say how Helm would be called.
func Releases(root string) ([]Release, error) {
	text, err := os.ReadFile(filepath.Join(root, "pintle.yaml"))
	if err != nil {
		return nil, err
	}
	type settings struct {
		ReleaseName, Namespace string
	}
	var project struct {
		Releases map[string]struct {
			settings
			Chart        string
			Values       []string
			Environments any
		}
	}
	if err := yaml.Unmarshal(text, &project); err != nil {
		return nil, err
	}
	var all []Release
	for name, entry := range project.Releases {
		environments := map[string]settings{}
		switch given := entry.Environments.(type) {
		case []any:
			for _, e := range given {
				environments[fmt.Sprint(e)] = settings{}
			}
		case map[string]any:
			for e, inner := range given {
				text, _ := yaml.Marshal(inner)
				var own settings
				if err := yaml.Unmarshal(text, &own); err != nil {
					return nil, err
				}
				environments[e] = own
			}
		}
		for environment, own := range environments {
			fill := strings.NewReplacer("{env}", environment, "{release}", name).Replace
			first := func(texts ...string) string {
				for _, text := range texts {
					if text != "" {
						return fill(text)
					}
				}
				return ""
			}
			release := Release{
				Release: name, Environment: environment, Chart: entry.Chart,
				Name:      first(own.ReleaseName, entry.ReleaseName, name),
				Namespace: first(own.Namespace, entry.Namespace, "default"),
			}
			for _, file := range entry.Values {
				release.Values = append(release.Values, fill(file))
			}
			all = append(all, release)
		}
	}
	sort.Slice(all, func(i, j int) bool {
		return all[i].Environment+" "+all[i].Release < all[j].Environment+" "+all[j].Release
	})
	return all, nil
}

// Application is the release as an Argo CD application of the repository's root.
func (r Release) Application() sidecar.Application {
	a := sidecar.Application{Name: "argocd_" + r.Release, Namespace: "elsewhere", Path: ".", KubeVersion: "1.37.0"}
	return a.With(sidecar.Text("environment", r.Environment), sidecar.Text("release-name", r.Release))
}
