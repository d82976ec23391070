;;; classes.el --- What the colours of Emacs make of places in policies  -*- lexical-binding: t; -*-

;; $PLACES has a line for each place, FILE TAB LINE TAB COLUMN, both from 1 and the column in bytes; $ANSWERS gets a line
;; for each, the face of the place.

(require 'sallyport-mode)

(let ((answers nil) (current nil))
  (with-temp-buffer
    (insert-file-contents (getenv "PLACES"))
    (dolist (place (split-string (buffer-string) "\n" t))
      (pcase-let ((`(,file ,line ,column) (split-string place "\t")))
        (unless (equal file current)
          (find-file file)
          (font-lock-ensure)
          (setq current file))
        (with-current-buffer (get-file-buffer file)
          (goto-char (point-min))
          (forward-line (1- (string-to-number line)))
          (goto-char (byte-to-position (+ (position-bytes (point)) (1- (string-to-number column)))))
          (let ((face (get-text-property (point) 'face)))
            (push (format "%s" (if (consp face) (car face) face)) answers))))))
  (with-temp-file (getenv "ANSWERS")
    (dolist (answer (nreverse answers)) (insert answer "\n"))))
