// Package sidecar starts Argo CD's plugin server and asks it as the repo-server does.
package sidecar

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/argoproj/argo-cd/v3/cmpserver/apiclient"
	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/util/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// Server is a running argocd-cmp-server with one plugin.
type Server struct {
	// Temp is the folder for temporary files of the server and of the plugin: the sidecar's /tmp.
	Temp   string
	Client apiclient.ConfigManagementPluginServiceClient
	// Process is the server itself.
	Process *os.Process
	log     string
	conn    *grpc.ClientConn
}

// Start runs the server with a plugin.yaml whose plugin has the given name, and waits until it answers. Its environment is PATH and
// what is given.
func Start(binary, plugin, name, path string, environment ...string) (*Server, error) {
	base, err := os.MkdirTemp("", "cmp")
	if err != nil {
		return nil, err
	}
	s := &Server{Temp: filepath.Join(base, "tmp"), log: filepath.Join(base, "log")}
	sockets, config := filepath.Join(base, "plugins"), filepath.Join(base, "config")
	for _, dir := range []string{s.Temp, sockets, config} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	if err := os.WriteFile(filepath.Join(config, "plugin.yaml"), []byte(plugin), 0o600); err != nil {
		return nil, err
	}
	log, err := os.Create(s.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	command := exec.Command(binary, "--config-dir-path", config)
	command.Env = append([]string{"PATH=" + path, "TMPDIR=" + s.Temp, "HOME=" + s.Temp, "ARGOCD_PLUGINSOCKFILEPATH=" + sockets}, environment...)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		return nil, err
	}
	s.Process = command.Process
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()

	socket := filepath.Join(sockets, name+".sock")
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(socket); err == nil {
			break
		}
		select {
		case err := <-ended:
			return nil, fmt.Errorf("argocd-cmp-server ended: %v: %s", err, s.Log())
		default:
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("argocd-cmp-server made no socket %s: %s", socket, s.Log())
		}
	}
	limit := grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(apiclient.MaxGRPCMessageSize), grpc.MaxCallSendMsgSize(apiclient.MaxGRPCMessageSize))
	s.conn, err = grpc.NewClient("unix:"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()), limit)
	if err != nil {
		return nil, err
	}
	s.Client = apiclient.NewConfigManagementPluginServiceClient(s.conn)
	return s, nil
}

// Sockets is the folder in which the repo-server finds the plugin.
func (s *Server) Sockets() string {
	return filepath.Join(filepath.Dir(s.Temp), "plugins")
}

// Stop ends the server and removes what it left. SIGTERM would only take the socket away.
func (s *Server) Stop() {
	_ = s.conn.Close()
	_ = s.Process.Kill()
	_ = os.RemoveAll(filepath.Dir(s.Temp))
}

// Log is what the server wrote so far.
func (s *Server) Log() string {
	text, _ := os.ReadFile(s.log)
	return string(text)
}

// Leftovers are the files of requests that are over: of the server's work folder, and of the plugin's temporary files beside it.
func (s *Server) Leftovers(except ...string) ([]string, error) {
	var found []string
	entries, err := os.ReadDir(s.Temp)
	if err != nil {
		return nil, err
	}
next:
	for _, entry := range entries {
		for _, name := range append(except, "_cmp_server") {
			if entry.Name() == name {
				continue next
			}
		}
		found = append(found, entry.Name())
	}
	inner, err := os.ReadDir(filepath.Join(s.Temp, "_cmp_server"))
	for _, entry := range inner {
		found = append(found, "_cmp_server/"+entry.Name())
	}
	return found, err
}

// Children are the processes that the server has running.
func (s *Server) Children() []int {
	var children []int
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		// pid (name) state parent: the name may hold anything.
		if at := bytes.LastIndexByte(stat, ')'); at >= 0 {
			fields := strings.Fields(string(stat[at+1:]))
			if len(fields) > 1 && fields[1] == strconv.Itoa(s.Process.Pid) {
				children = append(children, pid)
			}
		}
	}
	return children
}

// OpenFiles counts the server's open files.
func (s *Server) OpenFiles() int {
	entries, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.Process.Pid))
	return len(entries)
}

// Application is what the repo-server knows of one when it asks a plugin.
type Application struct {
	Name, Namespace, Path string
	KubeVersion           string
	APIVersions           []string
	Env                   map[string]string
	Parameters            v1alpha1.ApplicationSourcePluginParameters
}

// Environ is the environment that the repo-server gives a plugin (newEnv, getPluginEnvs and getPluginParamEnvs of reposerver/repository).
func (a Application) Environ() ([]string, error) {
	env := []string{
		"ARGOCD_APP_NAME=" + a.Name,
		"ARGOCD_APP_NAMESPACE=" + a.Namespace,
		"ARGOCD_APP_PROJECT_NAME=default",
		"ARGOCD_APP_REVISION=0123456789abcdef0123456789abcdef01234567",
		"ARGOCD_APP_REVISION_SHORT=0123456",
		"ARGOCD_APP_REVISION_SHORT_8=01234567",
		"ARGOCD_APP_SOURCE_REPO_URL=https://git.example.com/systems.git",
		"ARGOCD_APP_SOURCE_PATH=" + a.Path,
		"ARGOCD_APP_SOURCE_TARGET_REVISION=HEAD",
		"KUBE_VERSION=" + a.KubeVersion,
		"KUBE_API_VERSIONS=" + strings.Join(a.APIVersions, ","),
	}
	for name, value := range a.Env {
		env = append(env, "ARGOCD_ENV_"+name+"="+value)
	}
	parameters, err := a.Parameters.Environ()
	return append(env, parameters...), err
}

// With is the same application with further parameters.
func (a Application) With(parameters ...v1alpha1.ApplicationSourcePluginParameter) Application {
	all := append(v1alpha1.ApplicationSourcePluginParameters{}, a.Parameters...)
	a.Parameters = append(all, parameters...)
	return a
}

// Text is a parameter of one text.
func Text(name, value string) v1alpha1.ApplicationSourcePluginParameter {
	return v1alpha1.ApplicationSourcePluginParameter{Name: name, String_: &value}
}

// Array is a parameter of several texts.
func Array(name string, values ...string) v1alpha1.ApplicationSourcePluginParameter {
	return v1alpha1.ApplicationSourcePluginParameter{Name: name, OptionalArray: &v1alpha1.OptionalArray{Array: values}}
}

// Map is a parameter of keys and texts.
func Map(name string, values map[string]string) v1alpha1.ApplicationSourcePluginParameter {
	return v1alpha1.ApplicationSourcePluginParameter{Name: name, OptionalMap: &v1alpha1.OptionalMap{Map: values}}
}

// Generate sends a repository and asks for an application's manifests, each as JSON.
func (s *Server) Generate(ctx context.Context, repository string, a Application) ([]string, error) {
	env, err := a.Environ()
	if err != nil {
		return nil, err
	}
	stream, err := s.Client.GenerateManifest(ctx)
	if err != nil {
		return nil, err
	}
	err = cmp.SendRepoStream(stream.Context(), filepath.Join(repository, a.Path), repository, stream, env, nil)
	// The server's own error comes with the answer.
	answer, received := stream.CloseAndRecv()
	if received != nil {
		return nil, received
	}
	if err != nil {
		return nil, err
	}
	return answer.Manifests, nil
}

// Announce sends a repository and asks for the parameters that an application's page offers.
func (s *Server) Announce(ctx context.Context, repository string, a Application) (*apiclient.ParametersAnnouncementResponse, error) {
	env, err := a.Environ()
	if err != nil {
		return nil, err
	}
	stream, err := s.Client.GetParametersAnnouncement(ctx)
	if err != nil {
		return nil, err
	}
	sent := cmp.SendRepoStream(stream.Context(), filepath.Join(repository, a.Path), repository, stream, env, nil)
	answer, err := stream.CloseAndRecv()
	return answer, errors.Join(err, sent)
}
