"""Pictures in a folder or a zip archive, made into the images of a data set; only `decoding` knows Pillow."""
