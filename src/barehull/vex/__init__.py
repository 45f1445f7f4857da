"""What others state of vulnerabilities in a product (VEX): read, and laid beside what a scan found."""
