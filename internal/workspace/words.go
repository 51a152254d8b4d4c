package workspace

// The words that clients may send.
var (
	stages      = []string{Annotation, Validation, Acceptance}
	states      = []string{New, InProgress, Rejected, Completed}
	providers   = []string{"AWS_S3_BUCKET", "AZURE_CONTAINER", "GOOGLE_CLOUD_STORAGE"}
	credentials = []string{"KEY_SECRET_KEY_PAIR", "ACCOUNT_NAME_TOKEN_PAIR", "KEY_FILE_PATH", "ANONYMOUS_ACCESS", "CONNECTION_STRING"}
)
