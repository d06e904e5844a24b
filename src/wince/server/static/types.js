// Types of the server's answers, for the comments of the other modules. Nothing here runs.

/** @typedef {string} Level One of the levels of the scale: of PSPI none, mild, moderate or severe. */
/** @typedef {[number, number]} Point x and y */
/** @typedef {[number, number, number, number]} Box x0, y0, x1, y1 in pixels */
/** @typedef {[Point, Point, Point, Point]} Quad Corners: top left, top right, bottom right, bottom left */
/** @typedef {number[][]} Grid Rows of cells from the top, each from the left */
/** @typedef {{ width: number, height: number }} Size */

/**
 * The scale, from /v1/scale.
 *
 * @typedef {object} Scale
 * @property {string} name
 * @property {number} minimum
 * @property {number} maximum
 * @property {string} unit
 * @property {number} decimals Of a score as it is shown.
 * @property {ScaleLevel[]} levels Empty for a scale without levels.
 * @property {ActionUnit[]} action_units Empty for another scale than PSPI.
 * @property {string[][]} terms Action units of each term of PSPI; the highest of a term counts.
 * @property {string} caution
 * @property {Language[]} languages
 *
 * @typedef {object} ScaleLevel
 * @property {Level} name
 * @property {number} from_score
 * @property {number} to_score
 * @property {string} sentence
 * @property {string} advice
 *
 * @typedef {object} ActionUnit
 * @property {string} name
 * @property {string} title
 * @property {string} plain
 * @property {number} maximum
 *
 * @typedef {object} Language
 * @property {string} code
 * @property {string} name In the language itself.
 * @property {string} english
 * @property {"ltr" | "rtl"} direction
 * @property {LevelTexts[]} levels
 * @property {PairTexts[]} between
 * @property {string} percent
 * @property {Record<StateKind, string>} states Titles of what is stated over time instead of a level.
 * @property {string} refused
 * @property {string} refused_spoken
 *
 * @typedef {object} PairTexts Texts for a score between two levels of which neither is clear.
 * @property {[Level, Level]} levels
 * @property {string} title
 * @property {string} sentence
 * @property {string} spoken
 *
 * @typedef {object} LevelTexts
 * @property {Level} name
 * @property {string} title
 * @property {string} sentence
 * @property {string} spoken
 */

/**
 * The model in use, from /v1/model.
 *
 * @typedef {object} Model
 * @property {string} name
 * @property {string} version
 * @property {string} title
 * @property {string} head
 * @property {{ name: string, low: number, high: number, levels: string[] }} scale
 * @property {Record<string, unknown>} trained_on
 * @property {Record<string, unknown>} figures
 */

/**
 * What the server says about a face that can be judged: in one image, or over time.
 *
 * @typedef {object} JudgedStatement
 * @property {number | null} pspi The score of a model of PSPI.
 * @property {number} score
 * @property {[number, number]} interval
 * @property {Level | null} level Null on a scale without levels, as are the next three.
 * @property {[Level, Level] | null} [between] Two levels of which neither is clear, the lower first.
 * @property {Record<Level, number> | null} level_probabilities
 * @property {number | null} confidence
 * @property {Record<string, number> | null} action_units
 * @property {number} raw_score
 * @property {string} sentence
 * @property {string} advice
 * @property {Change} [change]
 *
 * @typedef {object} UnjudgedStatement A face that cannot be judged has no score.
 * @property {null} pspi
 * @property {null} score
 * @property {null} interval
 * @property {null} level
 * @property {null} [between]
 * @property {null} level_probabilities
 * @property {null} confidence
 * @property {null} action_units
 * @property {null} raw_score
 * @property {string} sentence
 * @property {string} advice
 * @property {undefined} [change]
 *
 * @typedef {JudgedStatement | UnjudgedStatement} Statement
 *
 * What is worded and spoken of a statement, of one image or over time.
 *
 * @typedef {object} Wording
 * @property {Level | null} level
 * @property {[Level, Level] | null} [between]
 * @property {number | null} score
 * @property {string} sentence
 * @property {string} advice
 */

/**
 * The assessment of one image.
 *
 * @typedef {Statement & ImageFacts} Assessment
 *
 * @typedef {object} ImageFacts
 * @property {Face} face The assessed face, one of `faces`.
 * @property {Face[]} faces All faces of the image, the largest first.
 * @property {Quality} quality
 * @property {ModelName} model
 * @property {Record<string, number>} milliseconds
 * @property {Heatmap} [heatmap]
 *
 * @typedef {{ name: string, version: string }} ModelName
 *
 * @typedef {object} Quality Reasons and warnings by code; `values` has the numbers of both.
 * @property {boolean} usable
 * @property {string[]} warnings
 * @property {string[]} [warning_codes]
 * @property {Record<string, string>} reasons
 * @property {Record<string, Record<string, number>>} [values]
 *
 * @typedef {object} Face
 * @property {Box} box
 * @property {Record<string, Point>} keypoints
 * @property {number} index
 * @property {boolean} usable Whether the face can be judged.
 * @property {number} score Of the detector, 0 to 1.
 * @property {number} yaw Degrees by which the head is turned, raised and tilted.
 * @property {number} pitch
 * @property {number} roll
 *
 * @typedef {object} Heatmap
 * @property {Quad} quad
 * @property {Grid | null} pspi
 * @property {Grid} score In points of the scale.
 * @property {Record<string, Grid> | null} action_units
 * @property {string} note
 *
 * @typedef {object} NeutralFace
 * @property {Record<string, number> | null} action_units
 * @property {number} raw_score
 * @property {number} images
 * @property {ModelName} model
 *
 * @typedef {{ pspi: number | null, score: number, neutral: NeutralFace }} Change In points of the scale.
 */

/**
 * An answer of the live socket. It has either an assessment or a problem. The track is null before
 * the first frame, and missing when the message was not a frame.
 *
 * @typedef {object} LiveAnswer
 * @property {number | null} frame
 * @property {Assessment} [assessment]
 * @property {ServerProblem} [problem]
 * @property {Track | null} [track]
 * @property {number | null} [person] Number of the followed person.
 * @property {PersonInView[]} [persons]
 *
 * @typedef {{ number: number, box: Box }} PersonInView
 *
 * @typedef {object} ServerProblem
 * @property {string} type
 * @property {string} title
 * @property {number} status
 * @property {string} detail English sentence.
 * @property {Record<string, string | number>} [values] What the sentence depends on.
 *
 * @typedef {object} Track
 * @property {TrackStatement} statement
 * @property {TrackScore | null} score The filtered score; null without a face that can be judged.
 * @property {"open" | "blink" | "closed" | null} [eyes]
 * @property {Change} [change]
 *
 * @typedef {{ score: number, raw_score: number,
 *   action_units: Record<string, number> | null }} TrackScore
 *
 * @typedef {"changing" | "not-in-view" | "cannot-tell"} StateKind
 *
 * @typedef {StatedLevel | StatedState} TrackStatement What is stated of a face over time.
 *
 * @typedef {object} StatedLevel
 * @property {"level" | "between" | "score"} kind "score" on a scale without levels.
 * @property {Level | null} level
 * @property {[Level, Level] | null} between
 * @property {number} score
 * @property {[number, number]} interval
 * @property {Record<Level, number> | null} level_probabilities
 * @property {number | null} confidence
 * @property {Record<string, string>} reasons
 * @property {number} age Seconds since the last face that could be judged.
 * @property {boolean} announced Whether it is announced with this frame.
 * @property {string} sentence
 * @property {string} advice
 *
 * @typedef {object} StatedState
 * @property {StateKind} kind
 * @property {null} level
 * @property {null} between
 * @property {null} score
 * @property {Record<string, string>} reasons Why the face cannot be judged.
 * @property {number | null} age
 * @property {boolean} announced
 * @property {string} sentence
 * @property {string} advice
 */

/**
 * Whether the machine that runs wince has a voice, from GET /v1/speech.
 *
 * @typedef {object} SpeechAvailability
 * @property {boolean} available
 * @property {boolean} [isOnDevice] Whether the page runs without a server, which could have voices.
 * @property {string} detail
 * @property {Record<string, string[]>} voices Names by language.
 *
 * What POST /v1/speech speaks.
 *
 * @typedef {object} SpeechRequest
 * @property {Level | null} level
 * @property {[Level, Level]} [between]
 * @property {number | null} score
 * @property {boolean} percent
 * @property {boolean} advice
 * @property {string} language
 * @property {number} [rate]
 * @property {string} [voice]
 */

export {};
