"""The students' command line as a package to install, made of the same sources as the service."""
