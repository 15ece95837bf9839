"""Which block of the documents is executed by which test, and why each of the others is not.

A new block of shell or Python has to be entered here: `test_plan.py` fails until it is.
"""

from collections.abc import Mapping

DEMO_FILE = "students.md#your-first-submission-1"
INSTALLING = "students.md#on-the-command-line-1"
COMMAND_LINE = ("students.md#on-the-command-line-2", "students.md#on-the-command-line-3")
NOTEBOOK = "students.md#from-a-notebook-2"
CURL = ("students.md#with-curl-1", "students.md#with-curl-2", "students.md#with-curl-3", "students.md#plots-1")
OPERATOR = (
    "README.md#use-it-for-a-course-2",
    "README.md#use-it-for-a-course-4",
    "README.md#use-it-for-a-course-5",
    "instructors.md#the-hidden-test-set-2",
    "operations.md#running-it-1",
    "operations.md#backup-1",
    "operations.md#backup-2",
)
"""In this order, in one folder."""
INSTRUCTOR = "instructors.md#a-course-from-nothing-1"
DATA_SETS = "instructors.md#the-hidden-test-set-1"
EXECUTED = (DEMO_FILE, INSTALLING, *COMMAND_LINE, NOTEBOOK, *CURL, *OPERATOR, INSTRUCTOR, DATA_SETS)

FORM = "students.md#by-the-form"
TOKEN = "students.md#a-token"
"""Places whose numbered steps are followed in a browser."""

_SERVES = "serves until it is ended; the service of these tests is started by the same command"
_MEASURES = "measures for minutes to hours; `tests/benchmarks` has a short form"
_OWN_NETWORK = "a line for the reader's own network; `tests/grader/networks` exports by the same call"
NOT_EXECUTED: Mapping[str, str] = {
    "README.md#try-it-1": "installs from the network; what it runs then is held by `test_plan.py`, and starts the service here",
    "README.md#test-it-1": "runs these tests",
    "README.md#use-it-for-a-course-1": "the environment that make installs from the network",
    "README.md#use-it-for-a-course-3": "fetches CIFAR-10 from the network; the next block gets a made-up archive of that name",
    "README.md#use-it-for-a-course-6": _SERVES,
    "instructors.md#an-onnx-export-1": _OWN_NETWORK,
    "instructors.md#a-second-opinion-1": "needs TensorFlow for half a minute; `tests/grader/test_keras_process.py` grades so",
    "kits.md#the-reference-solutions-1": "trains for hours; `tests/kits` has each step on a slice",
    "kits.md#baselines-on-the-board-1": "needs what the training made; `tests/kits/test_baselines.py` has files of its own",
    "operations.md#running-it-2": _SERVES,
    "operations.md#many-machines-1": "workers that serve until they are ended; `tests/faults/machine.py` starts such",
    "operations.md#containers-1": "needs Docker; `tests/test_containers.py` reads the files",
    "operations.md#containers-2": "needs Docker; `operations.md#backup-1` and `-2` are the same commands",
    "performance.md#figures-1": _MEASURES,
    "performance.md#very-many-submissions-1": _MEASURES,
    "performance.md#a-deadline-1": _MEASURES,
    "performance.md#memory-1": _MEASURES,
    "students.md#from-a-notebook-1": "a notebook's magic; the same line without it is executed in a shell",
    "students.md#a-zip-with-code-and-weights-1": "a line for the reader's own network",
    "students.md#a-zip-with-code-and-weights-2": "zips the reader's own files",
    "students.md#a-zip-with-code-and-weights-3": "loads torch for seconds; `tests/client/test_export.py` has both forms",
    "students.md#a-network-as-an-onnx-file-1": _OWN_NETWORK,
    "students.md#tries-parts-and-points-1": "nobody chooses in the demo; `tests/app/test_private_part.py` asks the same address",
}
