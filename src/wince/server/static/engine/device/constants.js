// The constants that Python and the page share. `python -m tools.page.write_constants` writes them.

export const constants = {
  "faces": {
    "MIN_SCORE": 0.5
  },
  "boxes": {
    "MIN_OVERLAP": 0.3
  },
  "detect": {
    "PROPOSAL_SCORE": 0.25,
    "STRICTNESS": 0.45,
    "FINEST_SCALE": 0.5,
    "FINEST_SCALE_IF_EMPTY": 0.75,
    "LEVEL_FACTOR": 4,
    "MAX_AREA": 524288,
    "MARGIN": 1.6,
    "LARGE_SHARE": 0.6,
    "UPRIGHT": 15,
    "SURE_SCORE": 0.75,
    "CERTAIN_SCORE": 0.9,
    "MAX_TILT": 25,
    "MAX_RESIDUAL": 50,
    "MIN_SHARED": 0.5,
    "MIN_STILL": 0.7,
    "MAX_CLOSE_SEARCHES": 30
  },
  "face": {
    "KEYPOINTS": [
      "right_eye",
      "left_eye",
      "nose",
      "mouth",
      "right_ear",
      "left_ear"
    ],
    "NOSE_DEPTH": 0.86,
    "NOSE_HEIGHT": 0.31,
    "NOSE_REACH": 0.93
  },
  "face_colours": {
    "SAME_PERSON": 0.42,
    "SIDE": 32,
    "BINS": 8,
    "MEAN": 90
  },
  "frame_view": {
    "SIDE_TOLERANCE": 2.0,
    "REDUCED": 1.01
  },
  "network": {
    "INPUT_SIDE": 128,
    "CELL": 16
  },
  "person_search": {
    "FULL_SEARCH_SECONDS": 1.0,
    "LOST_SEARCH_SECONDS": 0.5,
    "GLANCE_SECONDS": 0.25,
    "NEIGHBOURHOOD": 2.0,
    "MIN_STAY": 0.5,
    "NEAR_STRICTNESS": 0.8,
    "STEADY": 0.8,
    "STEADY_ROLL": 10,
    "SAME_FACE": 0.3,
    "TOLERANCE": 1e-06
  },
  "persons": {
    "SAME_PLACE": 0.6,
    "REACH": 1.0,
    "SIZE_CHANGE": 1.4,
    "SHORT_GAP": 0.5,
    "MISSED_COST": 0.15,
    "GAP_COST": 0.25,
    "SPEED_SECONDS": 0.3,
    "GLIDE_SECONDS": 1.0,
    "SAME_SHIFT": 0.3,
    "FARTHEST": 3.0,
    "MOST_SHIFTS": 100,
    "COLOUR_WEIGHT": 0.3
  },
  "decode_limits": {
    "MAX_SCANS": 100
  },
  "image_formats": {
    "HEIF_BRANDS": [
      "heic",
      "heim",
      "heis",
      "heix",
      "hevc",
      "hevm",
      "hevs",
      "hevx"
    ]
  },
  "images": {
    "FRAMES_WARNING": "The file contains several frames or pages. Only the first one was read.",
    "MAX_BYTES": 33554432,
    "MAX_PIXELS": 64000000,
    "MIN_SIDE": 16
  },
  "image_reduction": {
    "MIN_DECODED_SIDE": 1280,
    "MAX_DECODED_PIXELS": 12000000
  },
  "assessment": {
    "SCHEMA": "3",
    "HEATMAP_NOTE": "A hint, not proof: the map is coarse, each cell depends on more of the face than the place it is drawn at, and at low scores it has little meaning."
  },
  "calibration": {
    "FEWEST_SUBJECTS": 19,
    "CLEAR": 0.5,
    "TAIL": 0.05,
    "UNKNOWN_SHARE": 0.01
  },
  "face_crop": {
    "NO_FACE": "No face was found in this image. Use one that shows the face from the front, well lit, and larger in the frame."
  },
  "network_outputs": {
    "OUTPUT_COUNTS": {
      "pspi": 1,
      "score": 1,
      "action-units": 6
    }
  },
  "occlusion": {
    "CELLS": 8,
    "ORIENTATIONS": 6,
    "PARTS": [
      "eyes",
      "mouth"
    ]
  },
  "quality": {
    "SPEC": {
      "kind": "aligned",
      "size": 96,
      "side": 2.7,
      "centre": 0.45,
      "mean": [
        0.485,
        0.456,
        0.406
      ],
      "std": [
        0.229,
        0.224,
        0.225
      ]
    },
    "WIDTH": {
      "warn": 32,
      "refuse": 20
    },
    "YAW": {
      "warn": 35,
      "refuse": 45
    },
    "CONTRAST": {
      "warn": 35,
      "refuse": 16
    },
    "SHARPNESS": {
      "warn": 0.08,
      "refuse": 0.06
    },
    "CUT": {
      "warn": 0.05,
      "refuse": 0.15
    },
    "SCORE": {
      "warn": 0.65,
      "refuse": 0.0
    },
    "COVERED": {
      "warn": 0.8,
      "refuse": 0.85
    },
    "DARK": 70,
    "INNER_FACE": [
      0.3,
      0.38
    ],
    "REASONS": {
      "small": {
        "phrase": "the face is too small",
        "remedy": "Move the camera closer.",
        "description": "The face is only {width} pixels wide; {needed} or more are needed for a score to be trusted."
      },
      "turned": {
        "phrase": "the face is turned too far to the side",
        "remedy": "Take the photo from the front.",
        "description": "The face is turned about {yaw} degrees to the side; up to {limit} can be read well."
      },
      "cut": {
        "phrase": "part of the face is outside the image",
        "remedy": "Move the camera so that the whole face is seen.",
        "description": "{percent}% of the face is outside the image."
      },
      "dark": {
        "phrase": "it is too dark",
        "remedy": "Put light on the face.",
        "description": "The face is dark: {contrast} steps of grey lie between its dark and bright parts, {needed} or more are needed."
      },
      "flat": {
        "phrase": "the face has too little contrast",
        "remedy": "Avoid glare, light from behind, and fog on the lens.",
        "description": "The face is flat: {contrast} steps of grey lie between its dark and bright parts, {needed} or more are needed."
      },
      "blurred": {
        "phrase": "the face is blurred",
        "remedy": "Hold the camera still and let it focus.",
        "description": "The face is blurred."
      },
      "doubtful": {
        "phrase": "this may not be the face of a person",
        "remedy": "Use a photo of a face, not a drawing or a negative.",
        "description": "The face detector's score is only {score:.2f}: this may be no face, or a drawn one."
      },
      "eyes-covered": {
        "phrase": "the eyes seem to be covered",
        "remedy": "Uncover the eyes if that may be done.",
        "description": "The eyes seem to be covered."
      },
      "mouth-covered": {
        "phrase": "the mouth seems to be covered",
        "remedy": "Uncover the mouth if that may be done; with a mask or a tube in place watch other signs.",
        "description": "The mouth seems to be covered."
      }
    }
  },
  "score_filter": {
    "REFERENCE_SECONDS": 1.0,
    "LONGEST_STEP": 0.2,
    "CONFIRMATION": 0.25,
    "SLACK": 0.4,
    "SLACK_OF_STEP": 1.6,
    "BLINK": 0.5,
    "CLOSED": 0.5,
    "EYES": "AU43",
    "TOLERANCE": 1e-09,
    "GRID_STEP": 0.05,
    "PRECISION": 0.0001
  },
  "statement": {
    "CHANGING": "The expression is changing.",
    "NOT_IN_VIEW": "No face is in view.",
    "SHOW_FACE": "Point the camera at the face, from the front."
  },
  "track": {
    "GRACE": 1.0,
    "MAX_SECONDS": 60.0,
    "MAX_MARGIN": 5.0,
    "SETTINGS": {
      "smoothing": 0.05,
      "margin": 1.2,
      "hold": 1.0,
      "away": 6.0
    }
  },
  "scale": {
    "UNIT_NAMES": [
      "AU4",
      "AU6",
      "AU7",
      "AU9",
      "AU10",
      "AU43"
    ],
    "RAW_MAXIMUM": 16.0,
    "PSPI_TERMS": [
      [
        "AU4"
      ],
      [
        "AU6",
        "AU7"
      ],
      [
        "AU9",
        "AU10"
      ],
      [
        "AU43"
      ]
    ],
    "UNIT_MAXIMA": [
      5.0,
      5.0,
      5.0,
      5.0,
      5.0,
      1.0
    ],
    "PSPI": {
      "name": "PSPI",
      "low": 0.0,
      "high": 16.0,
      "unit": "points",
      "cuts": [
        0.5,
        5.5,
        10.5
      ],
      "levels": [
        "none",
        "mild",
        "moderate",
        "severe"
      ]
    }
  }
};
