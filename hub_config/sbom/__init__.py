"""What this version of the program and its images is made of, in the form that others read (CycloneDX)."""
