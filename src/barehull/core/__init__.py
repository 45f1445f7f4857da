"""Values that every room shares: errors, findings, outcomes, progress. Imports nothing of ours."""
