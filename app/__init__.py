"""The service: HTTP, pages, accounts, queue and command line."""
