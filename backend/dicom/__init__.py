"""DICOM: tags, transfer syntaxes, character sets. The only home of pydicom; pixels as numbers live in `imaging`."""
