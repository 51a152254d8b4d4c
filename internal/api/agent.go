package api

import "strings"

// agent words a User-Agent for people: "Firefox on Linux". What it does not know
// it cuts short; the text is never trusted.
func agent(ua string) string {
	if ua == "" {
		return ""
	}
	browser := find(ua, "cvat_sdk", "CVAT SDK", "curl/", "curl", "python-requests", "Python", "Edg", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "Chrome/", "Chrome", "Safari/", "Safari")
	system := find(ua, "Windows", "Windows", "iPhone", "iPhone", "iPad", "iPad", "Android", "Android", "Mac OS X", "macOS", "CrOS", "ChromeOS", "Linux", "Linux")
	switch {
	case browser == "":
		return "an unknown program"
	case system == "":
		return browser
	}
	return browser + " on " + system
}

// find returns the name that belongs to the first mark in s.
func find(s string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		if strings.Contains(s, pairs[i]) {
			return pairs[i+1]
		}
	}
	return ""
}
