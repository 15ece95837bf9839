"""Every cap of the grader, with its unit in its name and the reason beside it."""

# --- formulas -------------------------------------------------------------------------------------------------------
MAX_FORMULA_CHARACTERS = 1_000  # a course's score is one line; this bounds parsing
MAX_FORMULA_DEPTH = 30  # keeps the recursion of parsing and evaluating far from Python's own limit
MAX_LITERAL_CHARACTERS = 30  # a literal of a million digits is an attack, not a threshold
MAX_VALUE_BITS = 1_000  # of numerator and of denominator: 300 digits, which a float and a page can show

# --- definitions ----------------------------------------------------------------------------------------------------
MAX_DEFINITION_BYTES = 64 << 10  # a few pages; libyaml takes 5 s for as many opening brackets, and quadratically more
DEFAULT_MAX_FILE_BYTES = 16 << 20  # six times a 600,000-parameter file saved with its optimizer
MAX_FILE_BYTES = 256 << 20  # the parser holds the file and its arrays in memory
DEFAULT_MAX_MACS = 2_000_000_000  # for one sample: about 16 ms on one core
MAX_MACS = 1_000_000_000_000
MAX_OPERATIONS = 2_000_000_000  # numbers beside the kernels of a free network, for one sample; MobileNet has 20 million
DEFAULT_MAX_ACTIVATION_BYTES = 16 << 20  # one layer's output for one sample, float32: 64 channels of 256x256
MAX_ACTIVATION_BYTES = 32 << 20  # a batch of 16 of these, in and out, fits the evaluation's memory

# --- jobs in the jail -----------------------------------------------------------------------------------------------
READ_CPU_SECONDS = 5  # reading takes some 30 ms; a bomb, or a damaged file that makes the parser spin, is stopped here
READ_WALL_SECONDS = 30  # three times that, for a machine that is busy
READ_MEMORY_BYTES = 1 << 30  # file, arrays and answer of the largest file several times over
READ_ANSWER_BYTES = 512 << 20  # float64 arrays of a file of float64 numbers, and the frame
EVALUATE_MACS_PER_CPU_SECOND = 2_000_000_000  # a slow core does twenty times that, float64 included about this
EVALUATE_BASE_SECONDS = 60  # the shortest limit, so that a busy machine fails nobody
EVALUATE_WALL_FACTOR = 4  # wall time for each CPU second allowed
EVALUATE_MEMORY_BYTES = 3 << 30  # graph, one batch of activations in float64, and the images' mapping
EVALUATE_BATCH = 16  # what a layer gives then stays near the processor: a few per cent faster than 64, and less memory
EVALUATE_BATCHES_READ = 16  # batches whose images are read and scaled at once: 2 MB of 25 x 25 x 3
EVALUATE_BATCH_BYTES = 1 << 20  # of pixels in a batch: images of 224x224 go one by one, 20 % faster and in less memory
ALONE_IMAGES = 16  # that are looked at alone and together: 1 % more work on a test set of 2,218
ANSWER_FRAME_BYTES = 1 << 16  # head and frame of an answer beside its arrays

# --- remarks --------------------------------------------------------------------------------------------------------
ALMOST_ZERO = 1e-6  # a weight below this was probably meant to be pruned

# --- data sets ------------------------------------------------------------------------------------------------------
MAX_DATASET_ARRAY_BYTES = 8 << 30  # a deflated file of zeros must not take the machine's memory
DATASET_PART_BYTES = 8 << 20  # what is held of a data set while it is made, copied or opened
MAX_DATASET_SPLIT = 1_000_000  # samples of a part; each one is hashed where a competition is opened
MAX_DATASET_CLASSES = 10_000  # a stray label of 10**12 would make the table of classes that long
MAX_PICTURE_BYTES = 64 << 20  # of a file; a photograph has 5 MB
MAX_PICTURE_PIXELS = 64_000_000  # 192 MB in memory; Pillow warns from 89 million on
MAX_PICTURE_SIDE = 8_000  # of what is asked for; the square of it is MAX_PICTURE_PIXELS
DATASET_CPU_SECONDS = 1_800  # 100,000 photographs, decoded and scaled at some 60 a second
DATASET_MEMORY_BYTES = 4 << 30  # of addresses; parts of 8 MB, one picture of 192 MB, and the libraries
MAX_IDX_DIMENSIONS = 8  # the format allows 255; images need 3

# --- the jail itself ------------------------------------------------------------------------------------------------
MAX_JAIL_DESCRIPTORS = 32  # three for /dev/null, the answer, the inputs, and a few copies of them
MAX_JAIL_INPUTS = 8  # far more than any job reads; all must fit beside the rest of the descriptors
MAX_JAIL_TASKS_OF_NOBODY = 512  # threads of all jails of a machine, which share one user
MAX_JAIL_TASKS_OF_SAME_USER = 4_096  # counts everything that the user runs; memory stops a flood of threads earlier
MAX_REQUEST_BYTES = 64 << 10  # a request is one packet; what is larger goes in as an input
MAX_HEAD_BYTES = 4 << 20  # an answer's words: 4,000 layers of 1,000 bytes; bounds the time to parse them
MAX_HEAD_DEPTH = 16  # a head is a few lists and tables; this is far from the parser's recursion
MAX_HEAD_TEXT_CHARACTERS = 1_000  # HDF5 names are shorter; no text of a child fills a page
MAX_ANSWER_ARRAYS = 20_000  # the readers stop far below
MAX_ARRAYS_HEADER_BYTES = 8 << 20  # the table of contents of that many arrays
MAX_FINDINGS = 64  # a student reads no more than that
MAX_FINDING_CHARACTERS = 200  # one name or one shape
MAX_CRASH_CHARACTERS = 500  # a line for staff
JOBS_PER_ZYGOTE = 200  # all children share its layout of memory, which a hostile one could learn
ZYGOTE_START_SECONDS = 120  # importing the parsers on a cold and busy disk
ZYGOTE_REPLY_SECONDS = 10  # from SIGKILL to the report of the child's end
SELF_TEST_CPU_SECONDS = 5  # it takes some milliseconds
SELF_TEST_WALL_SECONDS = 20
SELF_TEST_MEMORY_BYTES = 256 << 20  # less than the 3 GiB that it tries to take
SELF_TEST_ANSWER_BYTES = 64 << 10

# --- weight files of every kind -------------------------------------------------------------------------------------
MAX_ELEMENTS = 20_000_000  # numbers: 160 MB as float64, well below the jail's memory; the assignments have 0.6 million
MAX_DIMENSIONS = 8  # the kernel of a three-dimensional convolution has 5
MAX_NAME_CHARACTERS = 200  # a layer's path in Keras or PyTorch is below 100
MAX_READ_FINDINGS = 20  # nobody reads further, and an answer stays small
MAX_TENSORS = 4_000  # a network of 300 layers with BatchNormalization has 2,000

# --- zip archives ---------------------------------------------------------------------------------------------------
ZIP_MAX_ENTRIES = 5_000  # a checkpoint has one for each tensor, those of the optimizer too
ARCHIVE_MAX_MEMBERS = 1_000  # files of an upload: a series of some hundred steps, notebooks, a report
ARCHIVE_MAX_MEMBER_BYTES = 128 << 20  # unpacked; holds twice 16 million float32 numbers
ARCHIVE_MAX_BYTES = 512 << 20  # all members unpacked: forty copies of a network of 3 million parameters
ARCHIVE_MAX_FOLDERS = 8  # folders around a member

# --- checkpoints of PyTorch -----------------------------------------------------------------------------------------
PICKLE_MAX_BYTES = 4 << 20  # a state dict of 300 layers is 150 kB; a whole module in the old format quotes its source
PICKLE_MAX_OPCODES = 400_000  # of one pickle; a tensor takes about 40, so this is 10,000 tensors and 0.5 s
PICKLE_MAX_STACK = 20_000  # picklers write at most 1,000 pairs at once
PICKLE_MAX_DEPTH = 200  # containers that are open at once; Python's own pickler ends at some 300
PICKLE_MAX_INTEGER_BITS = 128  # shapes and seeds have 64, the mark of the old format 77
LEGACY_MAX_HEAD_OPCODES = 1_000  # of each of the three small pickles before the objects in the old format; 30 are used
LEGACY_MAX_KEY_OPCODES = 50_000  # two for each storage
CHECKPOINT_MAX_ENTRIES = 1_000  # of a dictionary around the state dict; training scripts write a handful
MODULE_MAX_DEPTH = 32  # modules within modules
MODULE_MAX_MODULES = 4_000  # a module may be used in many places; each is walked
MODULE_MAX_ATTRIBUTES = 1_000  # of one module; torch's own have about 30
SAFETENSORS_MAX_HEADER_BYTES = 1 << 20  # 4,000 tensors with names of 100 characters

# --- ONNX files -----------------------------------------------------------------------------------------------------
ONNX_LEAST_OPSET, ONNX_MOST_OPSET = 13, 24  # axes moved from attributes to inputs with 13; 24 is the newest known here
ONNX_MAX_NODES = 3_000  # a network of 300 layers, exported without folding, has about 2,000
ONNX_MAX_FIELDS = 200_000  # of the whole file, each some bytes: a node has about twenty
ONNX_MAX_DEPTH = 12  # messages in messages; a tensor in an attribute in a node in a graph is the fourth
ONNX_MAX_PACKED = 4_096  # whole numbers in one row, before it is known what they are for
ONNX_MAX_NAME_CHARACTERS = 300  # paths of modules and an operator's name, as torch.onnx writes them
ONNX_MAX_INPUTS = 64  # of one node, and outputs: a DenseNet joins 32
ONNX_MAX_ATTRIBUTES = 32  # of one node; a recurrent one has the most, about ten
ONNX_MAX_LIST = 64  # numbers in an attribute, and in a tensor of whole numbers: shapes and axes, no data
ONNX_MAX_SINGLES = 64  # different numbers that stand alone in a graph, as limits and slopes do; all else is counted

# --- code of students -----------------------------------------------------------------------------------------------
CODE_MAX_BYTES = 16 << 20  # a notebook keeps the pictures that it drew; a script has some kilobytes
CODE_MAX_CELLS = 2_000  # of a notebook; one of the course has about forty
CODE_MAX_CHECKPOINTS = 64  # beside one script: the networks of an ensemble
CODE_DEFAULT_SECONDS = 10  # of CPU to build and export; a network of 60,000 parameters takes some tenths of a second
CODE_MAX_SECONDS = 60
CODE_WALL_FACTOR = 3  # wall time for each CPU second allowed, for a machine that is busy
CODE_MEMORY_BYTES = 1 << 30  # activations of one image, many times over, and what the exporter copies

# --- HDF5 files -----------------------------------------------------------------------------------------------------
H5_MAX_OBJECTS = 4_000  # a network of 300 layers saved with its optimizer has about 2,500 groups and datasets
H5_MAX_DEPTH = 12  # Keras nests five deep; recursion and paths stay short
H5_MAX_ATTRIBUTES = 256  # for one group; Keras writes at most five and splits a long list of names into parts
H5_MAX_ATTRIBUTE_BYTES = 1 << 20  # the names of 4,000 layers; Keras starts a new attribute at 64,512 bytes
H5_MAX_CHUNKS = 16_384  # for one file; each is looked up and, where deflated, unpacked once on trial
H5_WARM_BYTES = 64  # length of the damaged sample that the reading job warms up with

# --- series of weight files -----------------------------------------------------------------------------------------
MAX_MANIFEST_BYTES = 16 << 10  # a step in ten lines, a hundred steps; libyaml is quadratic in opening brackets
MAX_MEMBER_NAME_CHARACTERS = 200  # a path in an archive, as it is shown
DEFAULT_SERIES_FILES = 64  # three files for each of some twenty steps; each is evaluated on the whole test set
MAX_SERIES_FILES = 256
TIMING_ROUNDS = 15  # pairs; their median settles within about a per cent
TIMING_EXAMPLES = 256  # for one run: some milliseconds, far above the clock's grain

# --- students' source code ------------------------------------------------------------------------------------------
SOURCE_MAX_UPLOAD_BYTES = 16 << 20  # notebooks carry their pictures with them
SOURCE_MAX_FILE_BYTES = 8 << 20  # one notebook with pictures; a parsed script takes some hundred times its bytes
SOURCE_MAX_BYTES = 16 << 20  # of all code in an archive
SOURCE_MAX_FILES = 1_000
SOURCE_MAX_MENTIONS = 4_000  # an answer stays below its limit
SOURCE_PLACES_OF_A_NAME = 3  # in one file
SOURCE_SHOWN_CHARACTERS = 200  # of a line
SOURCE_MAX_INNER = 3  # code that runs code that runs code
SCAN_CPU_SECONDS = 20  # a megabyte of code takes about two
SCAN_WALL_SECONDS = 60

# --- matching -------------------------------------------------------------------------------------------------------
MAX_MATCH_PROBLEMS = 20  # a file of another network has a problem in every layer; the first ones tell it
MAX_ORDER_STEPS = 2_000  # trials of a layer at a place, to find the order in which a family's layers chain
MAX_MATCH_LAYERS = 500  # aligning takes time with the square of the number of layers

# --- networks and the float64 pass ----------------------------------------------------------------------------------
KERAS_START_SECONDS = 120  # importing TensorFlow on a cold and busy disk
MAX_REFERENCE_BYTES = 1 << 20  # an exported graph without its weights: a network of 300 layers has some 100 KB
MAX_REFERENCE_FILE_BYTES = 256 << 20  # the same with them
REFERENCE_CPU_SECONDS = 20  # drawing 5,000 nodes takes some seconds; an instructor's file, now and then
MAX_REFERENCE_NODES = 5_000  # drawn again at each start of a process
MAX_FOLLOWED_NUMBERS = 64_000_000  # computed to find the units of a network that do nothing: some 3 s
MAX_FOLLOWED_BYTES = 256 << 20  # held for it at a time, beside the operator that is at work
MAX_FOLDED_ELEMENTS = 4_000_000  # of a constant that a graph computes: a table of positions of a large image
MAX_FOLDED_IN_ALL = 20_000_000  # of all constants of a graph together: 160 MB as float64
MAX_READINGS = 256  # combinations of what a definition leaves open beside sizes; each is tried on every file
MAX_LAYER_SIZE = 1_000_000  # one size in a layer's options: far above any network, and small enough to multiply
EXACT_BATCH_BYTES = 8 << 20  # largest float64 tensor of a batch, to stay near the processor; a few live at once
EXACT_COLUMN_BYTES = 4 << 20  # windows of a convolution copied out at once, for the same reason

DEVICE_COLUMN_BYTES = 256 << 20  # windows of a convolution copied out at once on a GPU, which is busy with far less
DEVICE_IMAGES_BYTES = 2 << 30  # of scaled images kept on a GPU between evaluations: 3,500 of 224x224, 280,000 of 25x25
TORCH_START_SECONDS = 180
"""For a process with torch to be ready: loading it and a GPU's libraries from a cold disk takes a minute."""
