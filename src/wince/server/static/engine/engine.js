// The interface of an engine: whatever finds and judges faces for the page. The page knows nothing
// else of it; `server.js` is the engine that asks the wince server. Nothing here runs.

/** @import { Assessment, Box, Model, NeutralFace, PersonInView, Scale, Size, SpeechAvailability, SpeechRequest, Track } from "../types.js" */
/** @import { Problem } from "../errors.js" */

/**
 * Boxes, key points and quads are in pixels of the upright image, or of the camera's frame.
 * What goes wrong is a UserError with a Problem.
 *
 * @typedef {object} Engine
 * @property {() => Promise<EngineInfo>} open Gets ready; may be called again after a failure.
 * @property {(image: Blob, options?: AssessOptions) => Promise<Assessment>} assess
 * @property {(source: FrameSource, options: WatchOptions) => Watch} watch
 * @property {(images: Blob[], anyExpression: boolean) => Promise<NeutralFace>} getNeutralFace
 *   The neutral face of images of one person at rest; mild and higher ones only if asked for.
 * @property {() => Promise<SpeechAvailability>} getVoices The voices beyond those of the browser.
 * @property {(request: SpeechRequest, signal: AbortSignal) => Promise<Blob>} getSpeech
 * @property {() => Promise<Node[]>} getModelCard The model card, in English, to put into the page.
 * @property {() => void} close
 *
 * @typedef {object} EngineInfo
 * @property {Scale} scale
 * @property {Model} model
 * @property {string | null} host Name of the machine that images go to; null if they stay here.
 *
 * @typedef {object} AssessOptions
 * @property {number | null} [face] Which face, by size from 0; null for the largest.
 * @property {NeutralFace | null} [neutral]
 * @property {AbortSignal} [signal]
 */

/**
 * Where the frames of a camera or video come from.
 *
 * @typedef {object} FrameSource
 * @property {() => Size | null} size Size of a whole frame; null before there is one.
 * @property {() => number | null} seconds Time of the present frame of a recording; null for a camera.
 * @property {(region: Box | null, longestSide: number) => Promise<Grabbed | null>} grab Returns the
 *   pixels of a region of the present frame, or of all of it, reduced to a longest side.
 *
 * @typedef {object} Grabbed
 * @property {RgbaPixels} pixels
 * @property {Box} region In whole pixels of the frame; up to a pixel more than was asked for.
 * @property {Size} size Of the whole frame.
 * @property {number} captured Page time in milliseconds.
 */

/**
 * A picture of a region of a frame; it may be reduced. It is encoded when it is asked for; null
 * if that fails.
 *
 * @typedef {{ toJpeg: () => Promise<Blob | null>, region: Box }} Picture
 */

/**
 * Pixels with an alpha channel, such as those of ImageData.
 *
 * @typedef {object} RgbaPixels
 * @property {number} width
 * @property {number} height
 * @property {Uint8ClampedArray<ArrayBuffer>} data height x width x 4 bytes, row by row.
 */

/**
 * @typedef {object} WatchOptions
 * @property {Record<string, string | number>} settings `smoothing`, `hold` and `margin` of the track.
 * @property {NeutralFace | null} neutral
 * @property {boolean} withMap Whether assessments contain the map.
 * @property {(answer: WatchAnswer) => void} onAnswer
 * @property {(problem: Problem | null) => void} onConnection Called with a problem when no answers
 *   can come, and with null when they come again. The engine tries again by itself.
 * @property {(isPaused: boolean) => void} onPause Called when the engine stops watching a camera because
 *   the page is hidden, and when it goes on.
 *
 * @typedef {object} Watch
 * @property {() => Promise<void>} step Takes a frame of the source, if there is room for one. Call it
 *   for each new frame, or by a timer. The engine may take a frame later for a call without room.
 * @property {() => Promise<void>} settle Waits until every frame that was taken has its answer.
 * @property {(person: number) => void} choose Follows another person who is in view.
 * @property {(face: NeutralFace | null) => void} setNeutralFace
 * @property {(isOn: boolean) => void} setMap
 * @property {() => void} close
 *
 * @typedef {object} WatchAnswer
 * @property {Assessment | null} assessment Of the followed person.
 * @property {boolean} isAbsent Whether the followed person was looked for and not seen.
 * @property {Problem | null} problem Why the frame was not assessed, such as a busy server.
 * @property {Track | null} track
 * @property {number | null} person Number of the followed person.
 * @property {PersonInView[]} persons
 * @property {Size} size Of the whole frame.
 * @property {Picture} picture What was looked at.
 * @property {number} seconds Time of the frame: of the recording, or since the watch began.
 * @property {number} latency Milliseconds from the capture of the frame.
 */

export {};
