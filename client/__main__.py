"""`python -m client`: the students' commands without the server's."""

from client.cli import main

if __name__ == "__main__":
    main()
