"""What Dossier costs against what one would use instead, measured in the same run on the same machine."""
