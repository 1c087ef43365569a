package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"pintle.dev/tests/argocd/report"
	"pintle.dev/tests/argocd/sidecar"
)

const (
	// workers is how many requests are under way at once.
	workers = 8
	// versions is how many states the changing file of each chart has.
	versions = 20
)

// timed is a plugin whose command says how long it took: the rest of a request is Argo CD's packing and unpacking of the repository.
func timed(name, command string) string {
	return `apiVersion: argoproj.io/v1alpha1
kind: ConfigManagementPlugin
metadata:
  name: ` + name + `
spec:
  generate:
    command: [sh, -c]
    args: ['start=$(date +%s%N); ` + command + `; code=$?; echo "took $((($(date +%s%N) - start) / 1000)) us" >&2; exit $code']
`
}

// helmCommand is what people write who have Helm in a plugin: the same render without pintle.
const helmCommand = `helm template "$ARGOCD_ENV_RELEASE" . --namespace "$ARGOCD_APP_NAMESPACE" --kube-version "$KUBE_VERSION" $ARGOCD_ENV_VALUES`

// work is one request: a release with a file of its chart in one state, or the fixture that draws by chance.
type work struct {
	release *Release
	version int
}

// load measures requests through the real server: Helm, pintle without its cache, pintle with it. A file of the chart changes between a
// worker's requests; every answer is compared with Helm's.
func load(repository, path string) error {
	all, err := Releases(*project)
	if err != nil {
		return err
	}
	var releases []*Release
	for i := range all {
		known := func(r *Release) bool { return r.Chart == all[i].Chart }
		if !slices.ContainsFunc(releases, known) {
			releases = append(releases, &all[i])
		}
	}
	copies := make([]string, workers)
	for i := range copies {
		if copies[i], err = os.MkdirTemp("", "worker"); err != nil {
			return err
		}
		defer os.RemoveAll(copies[i])
		if err := os.CopyFS(copies[i], os.DirFS(repository)); err != nil {
			return err
		}
	}

	folder, err := os.MkdirTemp("", "cache")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	cache := filepath.Join(folder, "kept")
	path += ":/usr/bin:/bin"
	withHelm, err := sidecar.Start(*cmpServer, timed("helm", helmCommand), "helm", filepath.Dir(*helm)+":/usr/bin:/bin")
	if err != nil {
		return err
	}
	defer withHelm.Stop()
	plain, err := sidecar.Start(*cmpServer, timed("pintle", "pintle cmp generate"), "pintle", path)
	if err != nil {
		return err
	}
	defer plain.Stop()
	kept, err := sidecar.Start(*cmpServer, timed("pintle", "pintle cmp generate"), "pintle", path, "PINTLE_CMP_CACHE="+cache)
	if err != nil {
		return err
	}
	defer kept.Stop()

	// Helm has each state first: its answers are what the others' are compared with.
	var each []work
	for version := range versions {
		for _, r := range releases {
			each = append(each, work{r, version})
		}
	}
	answers := sync.Map{}
	byHelm := func(copy string, w work) error {
		a := sidecar.Application{
			Name: w.release.Release, Namespace: w.release.Namespace, Path: w.release.Chart, KubeVersion: "1.37.0",
			Env: map[string]string{"RELEASE": w.release.Name, "VALUES": helmValues(w.release)},
		}
		got, err := withHelm.Generate(context.Background(), copy, a)
		answers.Store(w, got)
		return err
	}

	// A sixth of the requests depend on chance; the rest go round the releases and their states.
	mixed := make([]work, *requests)
	for i := range mixed {
		mixed[i] = work{releases[(i+i/6)%len(releases)], (i*versions/len(mixed)/2*2 + i/7%2) % versions}
		if i%6 == 5 {
			mixed[i] = work{}
		}
	}
	var drawn sync.Map
	by := func(server *sidecar.Server) func(string, work) error {
		return func(copy string, w work) error {
			a := sidecar.Application{Name: "chance", Namespace: "chance", Path: "cases/chance", KubeVersion: "1.37.0"}
			if w.release != nil {
				a = w.release.Application()
			}
			got, err := server.Generate(context.Background(), copy, a)
			if err != nil {
				return err
			}
			if w.release == nil {
				if _, again := drawn.LoadOrStore(strings.Join(got, ""), true); again {
					return fmt.Errorf("what was drawn by chance came again: %v", got)
				}
				return nil
			}
			wanted, known := answers.Load(w)
			if !known {
				return fmt.Errorf("Helm gave no answer for %v", w)
			}
			if err := same(wanted.([]string), got); err != nil {
				return fmt.Errorf("%s in state %d: %w", w.release.Release, w.version, err)
			}
			return nil
		}
	}
	// A part of everything in turn: other programs of the machine disturb all alike.
	type measure struct {
		name    string
		server  *sidecar.Server
		request func(string, work) error
		all     []work
		took    time.Duration
		err     error
	}
	measures := []*measure{
		{name: "Helm", server: withHelm, request: byHelm, all: each},
		{name: "pintle", server: plain, request: by(plain), all: mixed},
		{name: "pintle with its cache", server: kept, request: by(kept), all: mixed},
	}
	// The first requests open what stays open.
	first := append([]work{}, each[:workers]...)
	for _, m := range measures {
		if _, err := run(copies, first, m.request); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	before, err := peak(repository, releases, cache+"-before")
	if err != nil {
		return err
	}
	files, earlier := kept.OpenFiles(), outcomes(kept)
	for round := range versions / 2 {
		for _, m := range measures {
			part := m.all[len(m.all)*round*2/versions : len(m.all)*(round+1)*2/versions]
			took, err := run(copies, part, m.request)
			m.took += took
			m.err = errors.Join(m.err, err)
		}
	}
	for _, m := range measures {
		report.Check(fmt.Sprintf("%s: %d requests", m.name, len(m.all)), m.err)
		own, count := spent(m.server)
		fmt.Printf("      %.1f ms per request, %d at a time; the command itself took %.1f ms\n",
			float64(m.took.Microseconds())/1000/float64(len(m.all)), workers, float64(own.Microseconds())/1000/float64(max(count, 1)))
	}
	counts := outcomes(kept)
	for key := range counts {
		counts[key] -= earlier[key]
	}
	hits, misses, off := counts["hit"], counts["miss"], counts["not kept"]
	fmt.Printf("      %d hits, %d misses, %d not kept: %.1f %% of what can be kept\n", hits, misses, off, 100*float64(hits)/float64(max(hits+misses, 1)))
	err = nil
	if chance := len(mixed) / 6; hits+misses+off != len(mixed) || off != chance || hits < misses {
		err = fmt.Errorf("%d, %d and %d of %d", hits, misses, off, len(mixed))
	}
	report.Check("each request says whether the cache had it; chance is never kept", err)

	after, err := peak(repository, releases, cache)
	if err == nil && float64(after) > 1.1*float64(before)+1024 {
		err = fmt.Errorf("%d KiB before, %d KiB after", before, after)
	}
	report.Check(fmt.Sprintf("peak memory of a request: %d KiB before, %d KiB after", before, after), err)
	err = nil
	if now := kept.OpenFiles(); now > files+4 {
		err = fmt.Errorf("%d before, %d after", files, now)
	}
	report.Check("the server's open files stay", err)
	left, err := kept.Leftovers()
	if err == nil && len(left)+len(kept.Children()) > 0 {
		err = fmt.Errorf("%v, processes %v", left, kept.Children())
	}
	report.Check("no process and no file is left behind", err)
	size, count, odd, err := usage(cache)
	if err == nil && (size > 256<<20 || count == 0 || odd != nil) {
		err = fmt.Errorf("not entries: %v", odd)
	}
	report.Check(fmt.Sprintf("the cache holds %d entries, %d KiB", count, size>>10), err)
	return nil
}

// helmValues are the release's files of values for Helm, called in the chart's folder.
func helmValues(r *Release) string {
	up := strings.Repeat("../", strings.Count(r.Chart, "/")+1)
	var flags []string
	for _, file := range r.Values {
		flags = append(flags, "--values", up+file)
	}
	return strings.Join(flags, " ")
}

// run does the work, some at once, each worker in its own copy of the repository, whose file changes before each request. The result is
// the time that it took.
func run(copies []string, all []work, request func(string, work) error) (time.Duration, error) {
	var group sync.WaitGroup
	var next atomic.Int64
	wrong := make([]error, len(copies))
	start := time.Now()
	for i, copy := range copies {
		group.Go(func() {
			for {
				at := int(next.Add(1)) - 1
				if at >= len(all) {
					return
				}
				w := all[at]
				if w.release != nil {
					text := fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: state\n  namespace: {{ .Release.Namespace }}\ndata:\n  state: %q\n", fmt.Sprint(w.version))
					if err := write(filepath.Join(copy, w.release.Chart, "templates/state.yaml"), text); err != nil {
						wrong[i] = err
						return
					}
				}
				if err := request(copy, w); err != nil && wrong[i] == nil {
					wrong[i] = err
				}
			}
		})
	}
	group.Wait()
	return time.Since(start), errors.Join(wrong...)
}

// outcomes counts what the plugin said of its cache, in the server's log.
func outcomes(server *sidecar.Server) map[string]int {
	log := server.Log()
	counts := map[string]int{}
	for _, outcome := range []string{"hit", "miss", "not kept"} {
		counts[outcome] = strings.Count(log, "cache: "+outcome)
	}
	return counts
}

var took = regexp.MustCompile(`took (\d+) us`)

// spent is the time that a server's plugin took by itself, and in how many requests.
func spent(server *sidecar.Server) (total time.Duration, count int) {
	for _, found := range took.FindAllStringSubmatch(server.Log(), -1) {
		us, _ := strconv.Atoi(found[1])
		total += time.Duration(us) * time.Microsecond
		count++
	}
	return total, count
}

// peak is the most memory that a render of any of the releases takes, in KiB. What the kernel counts for a child that has ended begins
// with this program's own memory, so the child is looked at while it runs.
func peak(repository string, releases []*Release, cache string) (int64, error) {
	var most int64
	for _, r := range releases {
		for range 5 {
			env, err := r.Application().Environ()
			if err != nil {
				return 0, err
			}
			command := exec.Command(*pintle, "cmp", "generate")
			command.Dir, command.Env = repository, append(env, "PINTLE_CMP_CACHE="+cache)
			var out bytes.Buffer
			command.Stdout = &out
			if err := command.Start(); err != nil {
				return 0, err
			}
			done := make(chan error, 1)
			go func() { done <- command.Wait() }()
			for running := true; running; {
				select {
				case err := <-done:
					if running = false; err != nil || out.Len() == 0 {
						return 0, fmt.Errorf("%s: %v", r.Release, err)
					}
				default:
					status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", command.Process.Pid))
					name := bytes.HasPrefix(status, []byte("Name:\tpintle\n"))
					if found := highest.FindSubmatch(status); name && found != nil {
						kib, _ := strconv.ParseInt(string(found[1]), 10, 64)
						most = max(most, kib)
					}
				}
			}
		}
	}
	if most == 0 {
		return 0, errors.New("no process was seen")
	}
	return most, nil
}

var highest = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// usage is the size of the cache, the number of its entries, and what isn't one.
func usage(folder string) (size int64, count int, odd []string, err error) {
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		size += info.Size()
		if len(entry.Name()) == 64 {
			count++
		} else {
			odd = append(odd, entry.Name())
		}
		return nil
	})
	return size, count, odd, err
}
