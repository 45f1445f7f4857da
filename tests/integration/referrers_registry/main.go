// A registry with the referrers API for tests: go-containerregistry's, in memory, on a free port of loopback.
//
// What it lacks of the distribution specification 1.1 is put before it: with -subject the header OCI-Subject, by which
// a registry says that it lists what was pushed, and with -page N lists of referrers in pages of N, joined by Link.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sort"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	subject := flag.Bool("subject", false, "answer with OCI-Subject")
	page := flag.Int("page", 0, "referrers on a page")
	flag.Parse()
	handler := registry.New(registry.WithReferrersSupport(true), registry.Logger(log.New(io.Discard, "", 0)))
	if *page > 0 {
		handler = paged(handler, *page)
	}
	if *subject {
		handler = confirmed(handler)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	log.Fatal(http.Serve(listener, handler))
}

func confirmed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/manifests/") {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			var manifest struct {
				Subject struct {
					Digest string `json:"digest"`
				} `json:"subject"`
			}
			if json.Unmarshal(body, &manifest) == nil && manifest.Subject.Digest != "" {
				w.Header().Set("OCI-Subject", manifest.Subject.Digest)
			}
		}
		next.ServeHTTP(w, r)
	})
}

func paged(next http.Handler, size int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, "/referrers/") {
			next.ServeHTTP(w, r)
			return
		}
		whole := httptest.NewRecorder()
		next.ServeHTTP(whole, r)
		var index struct {
			SchemaVersion int               `json:"schemaVersion"`
			MediaType     string            `json:"mediaType"`
			Manifests     []json.RawMessage `json:"manifests"`
		}
		if whole.Code != http.StatusOK || json.Unmarshal(whole.Body.Bytes(), &index) != nil {
			w.WriteHeader(whole.Code)
			w.Write(whole.Body.Bytes())
			return
		}
		sort.Slice(index.Manifests, func(i, j int) bool {
			return string(index.Manifests[i]) < string(index.Manifests[j])
		})
		start, _ := strconv.Atoi(r.URL.Query().Get("start"))
		if end := start + size; end < len(index.Manifests) {
			w.Header().Set("Link", fmt.Sprintf(`<%s?start=%d>; rel="next"`, r.URL.Path, end))
			index.Manifests = index.Manifests[:end]
		}
		index.Manifests = index.Manifests[start:]
		body, _ := json.Marshal(index)
		w.Header().Set("Content-Type", index.MediaType)
		w.Write(body)
	})
}
